using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Sallyport.Gateway.Identity;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Gateway.Identity;

/// <summary>Where the keys come from, how long they last, and what happens when the issuer does not answer.</summary>
public sealed class AuthenticatorKeysTests : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly FakeIssuer _issuer = new();
    private readonly Authenticator _authenticator;

    public AuthenticatorKeysTests() => _authenticator = New(Options());

    public void Dispose() => _authenticator.Dispose();

    [Fact]
    public async Task Keys_are_fetched_once_for_many_tokens()
    {
        for (var i = 0; i < 10; i++)
        {
            await AcceptAsync(Token($"user-{i}"));
        }

        Assert.Equal(1, _issuer.KeyRequests);
    }

    [Fact]
    public async Task Callers_who_come_together_share_one_fetch()
    {
        _issuer.Gate = new TaskCompletionSource();
        var callers = Enumerable.Range(0, 8).Select(i => _authenticator.AuthenticateAsync(Token($"user-{i}"), CancellationToken.None).AsTask()).ToList();
        Assert.All(callers, c => Assert.False(c.IsCompleted));

        _issuer.Gate.SetResult();

        Assert.All(await Task.WhenAll(callers), r => Assert.IsType<AuthenticationResult.Accepted>(r));
        Assert.Equal(1, _issuer.KeyRequests);
    }

    [Fact]
    public async Task A_caller_who_gives_up_does_not_end_the_fetch_for_the_others()
    {
        _issuer.Gate = new TaskCompletionSource();
        using var impatience = new CancellationTokenSource();
        var impatient = _authenticator.AuthenticateAsync(Token("a"), impatience.Token).AsTask();
        var patient = _authenticator.AuthenticateAsync(Token("b"), CancellationToken.None).AsTask();
        await impatience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => impatient);

        _issuer.Gate.SetResult();

        Assert.IsType<AuthenticationResult.Accepted>(await patient);
    }

    [Fact]
    public async Task A_new_key_is_found_as_soon_as_a_token_uses_it()
    {
        await AcceptAsync(Token("alice"));
        _issuer.AddRsa("rs2");
        _time.Advance(KeySource.UnknownKeyInterval);

        await AcceptAsync(Token("alice", "rs2"));

        Assert.Equal(2, _issuer.KeyRequests);
    }

    [Fact]
    public async Task Made_up_key_ids_cause_at_most_one_fetch_per_interval()
    {
        await AcceptAsync(Token("alice"));
        _issuer.AddRsa("made-up");
        _issuer.Jwks = WithoutKey("made-up");
        _time.Advance(KeySource.UnknownKeyInterval);
        for (var i = 0; i < 20; i++)
        {
            await RefuseAsync(Token($"user-{i}", "made-up"), AuthenticationFailure.UnknownKey);
        }
        Assert.Equal(2, _issuer.KeyRequests);
    }

    [Fact]
    public async Task A_withdrawn_key_no_longer_opens_anything_even_for_a_token_seen_before()
    {
        _issuer.AddRsa("stolen");
        var token = Token("alice", "stolen");
        await AcceptAsync(token);
        _issuer.Jwks = WithoutKey("stolen");
        _time.Advance(TimeSpan.FromMinutes(9));
        await AcceptAsync(token);

        // The refresh interval is over: this call still sees the old keys and begins the fetch, the next sees the new ones.
        _time.Advance(TimeSpan.FromMinutes(1));
        await _authenticator.AuthenticateAsync(token, CancellationToken.None);

        await RefuseAsync(token, AuthenticationFailure.UnknownKey);
    }

    [Fact]
    public async Task Keys_outlive_an_outage_of_the_issuer_until_they_expire()
    {
        await AcceptAsync(LongToken("alice"));
        _issuer.IsDown = true;
        _time.Advance(TimeSpan.FromMinutes(59));
        await AcceptAsync(LongToken("alice"));
        await AcceptAsync(LongToken("bob"));
        Assert.Equal("connection refused", Assert.Single(_authenticator.Issuers).LastFailure);

        _time.Advance(TimeSpan.FromMinutes(1));

        var refused = await RefuseAsync(LongToken("alice"), AuthenticationFailure.IssuerUnavailable);
        Assert.Contains(FakeIssuer.Name, refused.Message);
        Assert.False(Assert.Single(_authenticator.Issuers).IsUsable);
    }

    [Fact]
    public async Task After_an_outage_the_issuer_is_asked_again_but_not_by_every_caller()
    {
        _issuer.IsDown = true;
        await RefuseAsync(Token("alice"), AuthenticationFailure.IssuerUnavailable);
        _issuer.IsDown = false;
        await RefuseAsync(Token("alice"), AuthenticationFailure.IssuerUnavailable);

        _time.Advance(KeySource.RetryInterval);

        await AcceptAsync(Token("alice"));
    }

    [Fact]
    public async Task A_token_without_key_id_is_served_only_where_one_key_fits()
    {
        await AcceptAsync(_issuer.Sign(FakeIssuer.Claims(_time.GetUtcNow()), kid: null));
        _issuer.AddRsa("rs2");
        using var fresh = New(Options());

        var result = await fresh.AuthenticateAsync(_issuer.Sign(FakeIssuer.Claims(_time.GetUtcNow()), kid: null), CancellationToken.None);

        Assert.Equal(AuthenticationFailure.UnknownKey, Assert.IsType<AuthenticationResult.Refused>(result).Failure);
    }

    [Theory]
    [InlineData("""{"issuer":"https://other.example","jwks_uri":"https://login.clinic.example/keys"}""")]
    [InlineData("""{"issuer":"https://login.clinic.example"}""")]
    [InlineData("""{"issuer":"https://login.clinic.example","jwks_uri":"http://login.clinic.example/keys"}""")]
    [InlineData("[]")]
    [InlineData("<html>")]
    public async Task A_discovery_document_that_cannot_be_trusted_gives_no_keys(string document)
    {
        _issuer.Discovery = document;

        await RefuseAsync(Token("alice"), AuthenticationFailure.IssuerUnavailable);

        Assert.Equal(0, _issuer.KeyRequests);
    }

    [Fact]
    public async Task Keys_can_come_from_a_file_and_the_file_can_change()
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("keys.json");
        await File.WriteAllTextAsync(file, _issuer.PublishedKeys());
        _issuer.IsDown = true;
        using var authenticator = New(Options() with { KeysFile = file });
        Assert.IsType<AuthenticationResult.Accepted>(await authenticator.AuthenticateAsync(Token("alice"), CancellationToken.None));

        _issuer.AddRsa("rs2");
        await File.WriteAllTextAsync(file, _issuer.PublishedKeys());
        _time.Advance(KeySource.UnknownKeyInterval);

        Assert.IsType<AuthenticationResult.Accepted>(await authenticator.AuthenticateAsync(Token("alice", "rs2"), CancellationToken.None));
        Assert.Equal(0, _issuer.KeyRequests);
    }

    [Fact]
    public async Task A_verified_token_is_not_verified_again_until_the_configuration_changes()
    {
        var token = Token("alice");
        var first = await AcceptAsync(token);
        Assert.Same(first, await AcceptAsync(token));

        _authenticator.Reconfigure([Options() with { Agents = new AgentMatcher("client_id", ["cli"]) }], Authenticator.DefaultMaxTokenBytes);

        Assert.Equal(PrincipalKind.Agent, (await AcceptAsync(token)).Kind);
        Assert.Equal(1, _issuer.KeyRequests);
    }

    [Fact]
    public async Task An_issuer_taken_out_of_the_configuration_is_trusted_no_longer()
    {
        var token = Token("alice");
        await AcceptAsync(token);

        _authenticator.Reconfigure([Options() with { Issuer = "https://other.example" }], Authenticator.DefaultMaxTokenBytes);

        await RefuseAsync(token, AuthenticationFailure.UnknownIssuer);
    }

    [Fact]
    public async Task Warming_up_fetches_the_keys_and_says_how_issuers_are_doing()
    {
        Assert.Null(Assert.Single(_authenticator.Issuers).KeysAge);

        await _authenticator.WarmUpAsync(CancellationToken.None);

        Assert.Equal(new IssuerState(FakeIssuer.Name, IsUsable: true, TimeSpan.Zero, LastFailure: null), Assert.Single(_authenticator.Issuers));
    }

    [Fact]
    public async Task Over_a_real_connection_keys_are_found_by_discovery()
    {
        await using var server = await ServeAsync();

        var result = await AuthenticateAtAsync(server, "/good");

        Assert.IsType<AuthenticationResult.Accepted>(result);
    }

    [Theory]
    [InlineData("/redirecting")]
    [InlineData("/endless")]
    [InlineData("/missing")]
    public async Task Over_a_real_connection_redirects_and_endless_answers_are_not_followed(string issuerPath)
    {
        await using var server = await ServeAsync();

        var result = await AuthenticateAtAsync(server, issuerPath);

        Assert.Equal(AuthenticationFailure.IssuerUnavailable, Assert.IsType<AuthenticationResult.Refused>(result).Failure);
    }

    private async Task<AuthenticationResult> AuthenticateAtAsync(WebApplication server, string issuerPath)
    {
        var issuer = AddressOf(server) + issuerPath;
        using var authenticator = new Authenticator(
            [Options() with { Issuer = issuer }], Authenticator.DefaultMaxTokenBytes, _time, NullLogger<Authenticator>.Instance);
        var claims = FakeIssuer.Claims(_time.GetUtcNow());
        claims["iss"] = issuer;
        return await authenticator.AuthenticateAsync(_issuer.Sign(claims), CancellationToken.None);
    }

    private async Task<WebApplication> ServeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var server = builder.Build();
        server.MapGet("/keys", () => Results.Text(_issuer.PublishedKeys(), "application/json"));
        server.MapGet("/good/.well-known/openid-configuration", () => Discovery("/good", "/keys"));
        server.MapGet("/endless/.well-known/openid-configuration", () => Discovery("/endless", "/endless-keys"));
        server.MapGet("/endless-keys", () => Results.Text(new string(' ', KeySet.MaxDocumentBytes + 1)));
        server.MapGet("/redirecting/.well-known/openid-configuration", () => Results.Redirect("/good/.well-known/openid-configuration"));
        await server.StartAsync();
        return server;

        IResult Discovery(string issuer, string keys) =>
            Results.Json(new { issuer = AddressOf(server) + issuer, jwks_uri = AddressOf(server) + keys });
    }

    private static string AddressOf(WebApplication server) =>
        server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();

    private Authenticator New(IssuerOptions options) =>
        new([options], Authenticator.DefaultMaxTokenBytes, _time, NullLogger<Authenticator>.Instance, _issuer);

    private static IssuerOptions Options() => new() { Issuer = FakeIssuer.Name, Audiences = ["sallyport"] };

    private string Token(string subject, string kid = "rs1")
    {
        var claims = FakeIssuer.Claims(_time.GetUtcNow());
        claims["sub"] = subject;
        return _issuer.Sign(claims, kid: kid);
    }

    private string LongToken(string subject)
    {
        var claims = FakeIssuer.Claims(_time.GetUtcNow());
        claims["sub"] = subject;
        claims["exp"] = _time.GetUtcNow().AddDays(1).ToUnixTimeSeconds();
        return _issuer.Sign(claims);
    }

    private string WithoutKey(string kid)
    {
        var keys = JsonNode.Parse(_issuer.PublishedKeys())!["keys"]!.AsArray();
        keys.Remove(keys.Single(k => (string?)k!["kid"] == kid));
        return new JsonObject { ["keys"] = keys.DeepClone() }.ToJsonString();
    }

    private async Task<Principal> AcceptAsync(string token) =>
        Assert.IsType<AuthenticationResult.Accepted>(await _authenticator.AuthenticateAsync(token, CancellationToken.None)).Principal;

    private async Task<AuthenticationResult.Refused> RefuseAsync(string token, AuthenticationFailure failure)
    {
        var refused = Assert.IsType<AuthenticationResult.Refused>(await _authenticator.AuthenticateAsync(token, CancellationToken.None));
        Assert.Equal(failure, refused.Failure);
        return refused;
    }
}
