using Sallyport.Cli;
using Sallyport.Cli.SignIn;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Cli.SignIn;

/// <summary>What <c>token</c> does with a stored sign-in, against a real HTTP issuer.</summary>
public sealed class AccessTokensTests : IAsyncLifetime
{
    private readonly ManualTime _time = new();
    private readonly CliRun _cli;
    private FakeServer _issuer = null!;

    public AccessTokensTests() => _cli = new CliRun { Time = _time };

    public async ValueTask InitializeAsync() => _issuer = await FakeServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        _cli.Dispose();
        await _issuer.DisposeAsync();
    }

    [Fact]
    public async Task A_token_that_lasts_is_printed_alone_on_one_line()
    {
        Keep(TimeSpan.FromMinutes(10), "r1");
        Assert.Equal(ExitCode.Done, await _cli.RunAsync("token"));
        Assert.Equal(("t1\n", ""), (_cli.Output, _cli.Error));
        Assert.Empty(_issuer.Requests);
    }

    [Fact]
    public async Task As_json_it_says_when_it_ends()
    {
        Keep(TimeSpan.FromMinutes(10), null);
        Assert.Equal(ExitCode.Done, await _cli.RunAsync("token", "--json"));
        Assert.Equal(
            $$"""
            {
              "accessToken": "t1",
              "tokenType": "Bearer",
              "expiresAt": "2026-11-21T12:10:00+00:00",
              "issuer": "{{_issuer.Address.AbsoluteUri}}",
              "clientId": "cli"
            }

            """,
            _cli.Output);
    }

    [Fact]
    public async Task One_about_to_end_is_renewed_and_kept()
    {
        Keep(TimeSpan.FromSeconds(30), "r1");
        _issuer.AnswerJson("""{"access_token":"t2","token_type":"Bearer","expires_in":600,"refresh_token":"r2"}""");
        Assert.Equal(ExitCode.Done, await _cli.RunAsync("token"));
        Assert.Equal("t2\n", _cli.Output);
        Assert.Equal("grant_type=refresh_token&refresh_token=r1&client_id=cli", _issuer.Only.Body);
        Assert.Equal("r2", new TokenStore(_cli.Surroundings).Read("default")!.RefreshToken);
        Assert.Equal(ExitCode.Done, await _cli.RunAsync("token"));
        Assert.Single(_issuer.Requests);
    }

    [Fact]
    public async Task One_about_to_end_that_cannot_be_renewed_is_still_given()
    {
        Keep(TimeSpan.FromSeconds(30), "r1");
        _issuer.AnswerJson("""{"error":"invalid_grant"}""", 400);
        Assert.Equal(ExitCode.Done, await _cli.RunAsync("token"));
        Assert.Equal("t1\n", _cli.Output);
    }

    [Fact]
    public async Task One_that_ended_names_the_remedy_and_prints_nothing()
    {
        Keep(TimeSpan.FromMinutes(-1), null);
        Assert.Equal(ExitCode.Refused, await _cli.RunAsync("token"));
        Assert.Equal("", _cli.Output);
        Assert.Equal("sallyport: The token ended at 2026-11-21 11:59:00Z and cannot be renewed. Run `sallyport login`.\n", _cli.Error);
    }

    [Fact]
    public async Task A_refresh_token_that_ended_is_a_refusal()
    {
        Keep(TimeSpan.FromMinutes(-1), "r1");
        _issuer.AnswerJson("""{"error":"invalid_grant"}""", 400);
        Assert.Equal(ExitCode.Refused, await _cli.RunAsync("token"));
        Assert.Contains("Run `sallyport login` again.", _cli.Error);
        Assert.DoesNotContain("r1", _cli.Error);
    }

    [Fact]
    public async Task A_silent_issuer_is_told_from_a_refusal()
    {
        Keep(TimeSpan.FromMinutes(-1), "r1");
        await _issuer.DisposeAsync();
        Assert.Equal(ExitCode.Unreachable, await _cli.RunAsync("token"));
    }

    [Fact]
    public async Task Two_at_once_use_a_refresh_token_once()
    {
        Keep(TimeSpan.FromMinutes(-1), "r1");
        _issuer.AnswerJson("""{"access_token":"t2","token_type":"Bearer","expires_in":600,"refresh_token":"r2"}""");
        var surroundings = new Surroundings
        {
            Output = TextWriter.Null,
            Error = TextWriter.Null,
            Variable = name => name == "HOME" ? _cli.Home : null,
            Time = new OffsetTime(_time),
        };
        var tokens = new AccessTokens(new TokenStore(surroundings), "default", null, surroundings);
        var both = await Task.WhenAll(
            Enumerable.Range(0, 2).Select(_ => Task.Run(() => tokens.GetStoredAsync(TestContext.Current.CancellationToken))));
        Assert.All(both, token => Assert.Equal("t2", token.AccessToken));
        Assert.Single(_issuer.Requests);
    }

    [Fact]
    public async Task Without_a_sign_in_the_remedy_is_to_sign_in()
    {
        Assert.Equal(ExitCode.Refused, await _cli.RunAsync("token", "--profile", "night"));
        Assert.Equal("sallyport: Not signed in as profile night. Run `sallyport login`.\n", _cli.Error);
    }

    private void Keep(TimeSpan lasts, string? refreshToken) => new TokenStore(_cli.Surroundings).Write("default", new StoredToken
    {
        Issuer = _issuer.Address.AbsoluteUri,
        TokenEndpoint = new Uri(_issuer.Address, "/token").AbsoluteUri,
        ClientId = "cli",
        AccessToken = "t1",
        RefreshToken = refreshToken,
        ExpiresAt = _time.GetUtcNow() + lasts,
        ObtainedAt = _time.GetUtcNow(),
        Authentication = ClientAuthentication.None,
    });

    /// <summary>Tells a standing clock's time but runs real timers, for code that waits for another thread.</summary>
    private sealed class OffsetTime(TimeProvider clock) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => clock.GetUtcNow();
    }
}
