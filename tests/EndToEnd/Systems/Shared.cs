using Sallyport.EndToEnd.Support;
using Sallyport.EndToEnd.Systems;

[assembly: AssemblyFixture(typeof(SharedEnd))]

namespace Sallyport.EndToEnd.Systems;

/// <summary>Counterparts that many tests use side by side; each is started by the first test that wants it.</summary>
internal static class Shared
{
    private static readonly Dictionary<int, Lazy<Task<PostgresServer>>> Servers = new[] { 15, 17, 18 }.ToDictionary(
        major => major, major => new Lazy<Task<PostgresServer>>(() => PostgresServer.StartAsync(major)));

    private static readonly Lazy<Task<OidcProvider>> LazyProvider = new(OidcProvider.StartAsync);

    private static int _databases;

    public static LocalIssuer Issuer { get; } = new();

    public static Task<PostgresServer> PostgresAsync(int major = 15) => Servers[major].Value;

    public static Task<OidcProvider> ProviderAsync() => LazyProvider.Value;

    /// <summary>A database of its own for a test that writes: a copy of the clinic.</summary>
    public static async Task<string> DatabaseAsync(PostgresServer server)
    {
        var name = $"clinic_{Interlocked.Increment(ref _databases)}";
        // The template must be idle while it is copied.
        await Copying.WaitAsync();
        try
        {
            await server.ExecuteAsync($"CREATE DATABASE {name} TEMPLATE {PostgresServer.Template}", "postgres");
        }
        finally
        {
            Copying.Release();
        }

        return name;
    }

    /// <summary>A gateway in front of a copy of the clinic, with the standard rules.</summary>
    public static async Task<(GatewayProcess Gateway, PostgresServer Server, string Database)> GatewayAsync(int major = 15, Func<GatewaySettings, GatewaySettings>? change = null)
    {
        var server = await PostgresAsync(major);
        var database = await DatabaseAsync(server);
        var settings = GatewaySettings.For(server, Issuer, database);
        return (await GatewayProcess.StartAsync(change is null ? settings : change(settings)), server, database);
    }

    /// <summary>Stops what was started.</summary>
    public static async Task StopAsync()
    {
        foreach (var server in Servers.Values.Where(s => s.IsValueCreated && s.Value.IsCompletedSuccessfully))
        {
            await (await server.Value).DisposeAsync();
        }

        if (LazyProvider is { IsValueCreated: true, Value.IsCompletedSuccessfully: true })
        {
            await (await LazyProvider.Value).DisposeAsync();
        }
    }

    private static readonly SemaphoreSlim Copying = new(1);
}

/// <summary>Runs after the last test.</summary>
public sealed class SharedEnd : IAsyncDisposable
{
    public async ValueTask DisposeAsync()
    {
        await Shared.StopAsync();
        TestRun.Clean();
    }
}
