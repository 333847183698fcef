using System.Text.Json;
using Sallyport.EndToEnd.Support;

namespace Sallyport.EndToEnd.Systems;

/// <summary>The real <c>sallyport</c> command line of one user.</summary>
/// <param name="GatewayUrl">What SALLYPORT_GATEWAY says.</param>
/// <param name="Home">The user's home folder.</param>
/// <param name="AuthorityFile">What SALLYPORT_CA says, or null.</param>
internal sealed record UserCli(string GatewayUrl, string Home, string? AuthorityFile)
{
    /// <summary>A token given by the environment instead of a sign-in.</summary>
    public string? Token { get; init; }

    public UserCli With(string token) => this with { Token = token };

    public Launch Launch(params string[] arguments)
    {
        Directory.CreateDirectory(Home);
        var environment = new Dictionary<string, string>
        {
            ["HOME"] = Home,
            ["XDG_STATE_HOME"] = Path.Combine(Home, "state"),
            ["XDG_CONFIG_HOME"] = Path.Combine(Home, "config"),
            ["SALLYPORT_GATEWAY"] = GatewayUrl,
        };
        if (AuthorityFile is not null)
        {
            environment["SALLYPORT_CA"] = AuthorityFile;
        }

        if (Token is not null)
        {
            environment["SALLYPORT_TOKEN"] = Token;
        }

        return new Launch(TestRun.Program("Cli", "sallyport"), arguments) { Environment = environment };
    }

    public Task<Finished> RunAsync(params string[] arguments) => ChildProcess.RunAsync(Launch(arguments));

    /// <summary>Runs with <c>--json</c>, expects success, and gives what was printed.</summary>
    public async Task<JsonElement> JsonAsync(params string[] arguments)
    {
        var finished = (await RunAsync([.. arguments, "--json"])).Expect(0);
        return JsonDocument.Parse(finished.Output).RootElement;
    }
}
