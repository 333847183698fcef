using Sallyport.Cli;
using Sallyport.Cli.SignIn;
using Sallyport.Unit.Cli.SignIn;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Cli;

/// <summary><c>login</c> as a user runs it, against a real HTTP issuer.</summary>
public sealed class LoginTests : IAsyncLifetime
{
    private readonly CliRun _cli = new();
    private FakeServer _issuer = null!;

    private string Issuer => _issuer.Address.AbsoluteUri.TrimEnd('/');

    public async ValueTask InitializeAsync() => _issuer = await FakeServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        _cli.Dispose();
        await _issuer.DisposeAsync();
    }

    [Fact]
    public async Task An_agent_signs_in_and_every_command_uses_it()
    {
        var secretFile = Path.Combine(_cli.Home, "secret");
        await File.WriteAllTextAsync(secretFile, "s3cret\n");
        Answers(TokenFactsTests.Jwt("""{"exp":4102444800}"""));
        Assert.Equal(
            ExitCode.Done,
            await _cli.RunAsync("login", "--issuer", Issuer, "--client-id", "agent-1", "--client-secret-file", secretFile, "--gateway", "https://g.example", "--scope", "x"));
        Assert.Equal($"Signed in at {Issuer} as agent-1 (profile default), until 2100-01-01 00:00:00Z; renewed when needed.\n", _cli.Output);
        Assert.Equal("", _cli.Error);

        var stored = new TokenStore(_cli.Surroundings).Read("default")!;
        Assert.Equal(("https://g.example", secretFile, "x"), (stored.Gateway, stored.ClientSecretFile, stored.Scope));
        Assert.DoesNotContain("s3cret", await File.ReadAllTextAsync(new TokenStore(_cli.Surroundings).PathOf("default")));
        Assert.Equal(ExitCode.Done, await _cli.RunAsync("token"));
        Assert.Equal(stored.AccessToken + "\n", _cli.Output);
    }

    [Fact]
    public async Task A_person_is_told_where_to_go_on_the_error_stream()
    {
        var time = new ManualTime();
        using var cli = new CliRun { Time = time };
        Answers("t1");
        var login = cli.RunAsync("login", "--issuer", Issuer, "--client-id", "cli", "--json");
        await cli.FirstNote;
        await time.AdvanceWhenWaitingAsync(TimeSpan.FromSeconds(1));
        Assert.Equal(ExitCode.Done, await login);
        Assert.Equal("Open https://login.example/device and enter the code ABCD-EFGH\nWaiting ...\n", cli.Error);
        Assert.Contains("\"renewable\": false", cli.Output);
        Assert.DoesNotContain("t1", cli.Output);
    }

    [Fact]
    public async Task A_wrong_secret_is_refused_without_repeating_it()
    {
        _cli.Variables["SALLYPORT_CLIENT_SECRET"] = "wr0ng";
        Answers(null);
        Assert.Equal(ExitCode.Refused, await _cli.RunAsync("login", "--issuer", Issuer, "--client-id", "agent-1"));
        Assert.Equal("sallyport: The issuer does not accept this client id or secret (invalid_client). Check --client-id and the client secret.\n", _cli.Error);
        Assert.Null(new TokenStore(_cli.Surroundings).Read("default"));
    }

    [Fact]
    public async Task An_issuer_that_is_not_there_is_unreachable()
    {
        await _issuer.DisposeAsync();
        Assert.Equal(ExitCode.Unreachable, await _cli.RunAsync("login", "--issuer", Issuer, "--client-id", "cli"));
    }

    [Theory]
    [InlineData("--ca")]
    [InlineData("--client-secret-file")]
    public async Task A_file_that_is_not_there_is_named(string option)
    {
        Assert.NotEqual(ExitCode.Done, await _cli.RunAsync("login", "--issuer", Issuer, "--client-id", "cli", option, Path.Combine(_cli.Home, "absent.pem")));
        Assert.Contains("absent.pem", _cli.Error);
        Assert.Empty(_issuer.Requests);
    }

    private void Answers(string? token) => _issuer.Answer = context => context.Request.Path.Value switch
    {
        "/.well-known/openid-configuration" => FakeServer.WriteAsync(
            context, $$"""{"issuer":"{{Issuer}}","token_endpoint":"{{Issuer}}/token","device_authorization_endpoint":"{{Issuer}}/device"}"""),
        "/device" => FakeServer.WriteAsync(
            context, """{"device_code":"d","user_code":"ABCD-EFGH","verification_uri":"https://login.example/device","expires_in":60,"interval":1}"""),
        _ => token is null
            ? FakeServer.WriteAsync(context, """{"error":"invalid_client"}""", 401)
            : FakeServer.WriteAsync(context, $$"""{"access_token":"{{token}}","token_type":"Bearer"}"""),
    };
}
