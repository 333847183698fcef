namespace Sallyport.EndToEnd.Systems;

/// <summary>One gateway in front of a copy of the clinic, for all tests of a class.</summary>
public abstract class GatewayFixture : IAsyncLifetime
{
    private GatewayProcess? _gateway;
    private PostgresServer? _server;

    internal GatewayProcess Gateway => _gateway ?? throw new InvalidOperationException("not started");

    internal PostgresServer Server => _server ?? throw new InvalidOperationException("not started");

    internal string Database { get; private set; } = "";

    private protected virtual int Major => 15;

    public async ValueTask InitializeAsync()
    {
        _server = await Shared.PostgresAsync(Major);
        Database = await Shared.DatabaseAsync(_server);
        await PrepareAsync();
        _gateway = await GatewayProcess.StartAsync(await ChangeAsync(GatewaySettings.For(_server, Shared.Issuer, Database)));
    }

    public async ValueTask DisposeAsync()
    {
        if (_gateway is not null)
        {
            await _gateway.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>The settings of this class of tests.</summary>
    private protected virtual Task<GatewaySettings> ChangeAsync(GatewaySettings settings) => Task.FromResult(settings);

    /// <summary>Puts into the database what the tests need, before the gateway starts.</summary>
    private protected virtual Task PrepareAsync() => Task.CompletedTask;
}
