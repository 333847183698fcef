using System.Net;
using System.Text;
using Sallyport.Cli;
using Sallyport.Cli.SignIn;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Cli.SignIn;

public sealed class SignInFlowTests
{
    private const string Metadata = """{"issuer":"https://i.example/t","token_endpoint":"https://i.example/t/token","device_authorization_endpoint":"https://i.example/t/device"}""";
    private const string Granted = """{"access_token":"t1","token_type":"bearer","expires_in":600,"refresh_token":"r1"}""";

    private static readonly SignInRequest Agent = new()
    {
        Issuer = new Uri("https://i.example/t"),
        ClientId = "agent one",
        ClientSecret = "s+cret",
        Scope = "a b",
        Audience = "sallyport",
        Resource = "urn:gate",
    };

    private readonly ManualTime _time = new();
    private StubHandler _issuer = null!;

    [Fact]
    public async Task An_agent_signs_in_with_its_secret_in_the_header()
    {
        var token = await SignInAsync(Agent, Metadata, Granted);
        Assert.Equal(("t1", "r1", _time.GetUtcNow().AddSeconds(600)), (token.AccessToken, token.RefreshToken, token.ExpiresAt));
        Assert.Equal("https://i.example/t/.well-known/openid-configuration", _issuer.Requests[0].Uri);
        Assert.Equal("grant_type=client_credentials&scope=a+b&audience=sallyport&resource=urn%3Agate", _issuer.Requests[1].Body);
        Assert.Equal("Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes("agent+one:s%2Bcret")), _issuer.Requests[1].Authorization);
    }

    [Fact]
    public async Task The_secret_goes_into_the_body_where_the_issuer_wants_it_there()
    {
        await SignInAsync(Agent, Metadata.Replace("}", ",\"token_endpoint_auth_methods_supported\":[\"client_secret_post\"]}", StringComparison.Ordinal), Granted);
        Assert.EndsWith("&client_id=agent+one&client_secret=s%2Bcret", _issuer.Requests[1].Body);
        Assert.Empty(_issuer.Requests[1].Authorization);
    }

    [Fact]
    public async Task The_older_place_of_the_metadata_is_tried_last()
    {
        var token = await SignInAsync(Agent, "", Metadata, Granted);
        Assert.Equal("t1", token.AccessToken);
        Assert.Equal("https://i.example/t/.well-known/oauth-authorization-server", _issuer.Requests[1].Uri);
    }

    [Theory]
    [InlineData("""{"issuer":"https://evil.example","token_endpoint":"https://i.example/t/token"}""")]
    [InlineData("""{"issuer":"https://i.example/t","token_endpoint":"http://i.example/t/token"}""")]
    [InlineData("""{"issuer":"https://i.example/t"}""")]
    [InlineData("[]")]
    [InlineData("{")]
    public async Task Metadata_that_does_not_speak_for_the_issuer_is_refused(string metadata)
    {
        var exception = await Assert.ThrowsAsync<CliException>(() => SignInAsync(Agent, metadata));
        Assert.Equal(ExitCode.Unreachable, exception.ExitCode);
        Assert.Single(_issuer.Requests);
    }

    [Theory]
    [InlineData("""{"error":"invalid_client"}""", "--client-id")]
    [InlineData("""{"error":"invalid_scope"}""", "--scope")]
    [InlineData("""{"error":"invalid_target","error_description":"no such resource"}""", "--resource")]
    [InlineData("""{"access_token":"t1","token_type":"DPoP"}""", "Ask its operator.")]
    [InlineData("""{"access_token":"t1\n2","token_type":"Bearer"}""", "Ask its operator.")]
    public async Task A_refusal_says_what_to_check(string answer, string remedy)
    {
        var exception = await Assert.ThrowsAsync<CliException>(() => SignInAsync(Agent, Metadata, answer));
        Assert.Equal(ExitCode.Refused, exception.ExitCode);
        Assert.Contains(remedy, exception.Remedy);
    }

    [Fact]
    public async Task A_person_renews_by_refresh_token_and_keeps_it_when_no_new_one_comes()
    {
        var token = Stored(ClientAuthentication.None, "r1");
        var renewed = await RenewAsync(token, null, """{"access_token":"t2","token_type":"Bearer","expires_in":60}""");
        Assert.Equal(("t2", "r1"), (renewed.AccessToken, renewed.RefreshToken));
        Assert.Equal("grant_type=refresh_token&refresh_token=r1&scope=a&client_id=cli", Assert.Single(_issuer.Requests).Body);
        Assert.Equal("r2", (await RenewAsync(token, null, """{"access_token":"t2","token_type":"Bearer","refresh_token":"r2"}""")).RefreshToken);
    }

    [Fact]
    public async Task An_agent_renews_by_its_secret()
    {
        var renewed = await RenewAsync(Stored(ClientAuthentication.SecretPost, null), "s", """{"access_token":"t2","token_type":"Bearer"}""");
        Assert.Equal("t2", renewed.AccessToken);
        Assert.Equal("grant_type=client_credentials&scope=a&client_id=cli&client_secret=s", Assert.Single(_issuer.Requests).Body);
    }

    [Theory]
    [InlineData("None", null)]
    [InlineData("SecretBasic", null)]
    [InlineData("SecretBasic", "r1")]
    public async Task What_cannot_be_renewed_says_so_without_asking(string authentication, string? refreshToken)
    {
        var exception = await Assert.ThrowsAsync<CliException>(() => RenewAsync(Stored(Enum.Parse<ClientAuthentication>(authentication), refreshToken), null));
        Assert.Equal((ExitCode.Refused, "Run `sallyport login`."), (exception.ExitCode, exception.Remedy));
        Assert.Empty(_issuer.Requests);
    }

    [Fact]
    public void Records_that_hold_secrets_do_not_print_them()
    {
        Assert.DoesNotContain("s+cret", Agent.ToString());
        Assert.DoesNotContain("s+cret", new ClientCredential("a", ClientAuthentication.SecretBasic, "s+cret").ToString());
    }

    private static StoredToken Stored(ClientAuthentication authentication, string? refreshToken) => new()
    {
        Issuer = "https://i.example/t",
        TokenEndpoint = "https://i.example/t/token",
        ClientId = "cli",
        AccessToken = "t1",
        RefreshToken = refreshToken,
        ObtainedAt = default,
        Scope = "a",
        Authentication = authentication,
    };

    private SignInFlow Flow(HttpClient http) => new(new OAuthClient(http, _time), _time);

    private async Task<StoredToken> SignInAsync(SignInRequest request, params string[] answers)
    {
        using var http = Issuer(answers);
        return await Flow(http).SignInAsync(request, _ => { }, TestContext.Current.CancellationToken);
    }

    private async Task<StoredToken> RenewAsync(StoredToken token, string? secret, params string[] answers)
    {
        using var http = Issuer(answers);
        return await Flow(http).RenewAsync(token, secret, TestContext.Current.CancellationToken);
    }

    private HttpClient Issuer(string[] answers)
    {
        var next = 0;
        _issuer = new StubHandler(_ => answers[next++] is { Length: > 0 } json ? new StubAnswer(HttpStatusCode.OK, json) : new StubAnswer(HttpStatusCode.NotFound, "{}"));
        return new HttpClient(_issuer);
    }
}
