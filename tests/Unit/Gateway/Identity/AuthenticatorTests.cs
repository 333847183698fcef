using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Sallyport.Gateway.Identity;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Gateway.Identity;

public sealed class AuthenticatorTests : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly FakeIssuer _issuer = new();
    private readonly Authenticator _authenticator;

    public AuthenticatorTests() => _authenticator = New(Options());

    public void Dispose() => _authenticator.Dispose();

    [Theory]
    [InlineData("RS256", "rs1")]
    [InlineData("PS256", "rs1")]
    [InlineData("ES256", "es1")]
    public async Task A_token_in_order_is_accepted_for_every_default_algorithm(string algorithm, string kid)
    {
        var principal = await AcceptAsync(_issuer.Sign(Claims(), algorithm, kid));

        Assert.Equal("alice", principal.Subject);
        Assert.Equal("alice", principal.Name);
        Assert.Equal("cli", principal.ClientId);
        Assert.Equal("run-7", principal.RunId);
        Assert.Equal("", principal.OnBehalfOf);
        Assert.Equal(PrincipalKind.Human, principal.Kind);
        Assert.Equal(["clinicians", "reviewers"], principal.Groups);
        Assert.Equal(_time.GetUtcNow().AddMinutes(10), principal.ExpiresAt);
    }

    [Theory]
    [InlineData("RS384", "rs1")]
    [InlineData("RS512", "rs1")]
    [InlineData("PS384", "rs1")]
    [InlineData("PS512", "rs1")]
    [InlineData("ES384", "es384")]
    [InlineData("ES512", "es512")]
    public async Task Other_algorithms_are_accepted_once_they_are_configured(string algorithm, string kid)
    {
        _issuer.AddEc("es384", System.Security.Cryptography.ECCurve.NamedCurves.nistP384);
        _issuer.AddEc("es512", System.Security.Cryptography.ECCurve.NamedCurves.nistP521);
        var token = _issuer.Sign(Claims(), algorithm, kid);
        await RefuseAsync(token, AuthenticationFailure.AlgorithmNotAllowed);

        using var wider = New(Options() with { Algorithms = [algorithm] });

        Assert.IsType<AuthenticationResult.Accepted>(await wider.AuthenticateAsync(token, CancellationToken.None));
    }

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    public async Task No_token_is_refused(string? token) => await RefuseAsync(token!, AuthenticationFailure.NoToken);

    [Fact]
    public async Task A_token_beyond_the_size_limit_is_refused_before_it_is_read()
    {
        var claims = Claims();
        claims["padding"] = new string('x', Authenticator.DefaultMaxTokenBytes);

        var refused = await RefuseAsync(_issuer.Sign(claims), AuthenticationFailure.TokenTooLong);

        Assert.Contains("16384", refused.Message);
        Assert.Equal(0, _issuer.KeyRequests);
    }

    [Theory]
    [InlineData("hunter2")]
    [InlineData("a.b")]
    [InlineData("a.b.c.d.e")]
    [InlineData("...")]
    [InlineData("e30.e30.\u00e9")]
    [InlineData("e30=.e30.x")]
    [InlineData("W10.e30.eA")]
    [InlineData("e30.e30 .eA")]
    public async Task What_is_no_token_is_refused(string token) => await RefuseAsync(token, AuthenticationFailure.MalformedToken);

    [Theory]
    [InlineData("""{"alg":"RS256","alg":"none"}""", "{}")]
    [InlineData("""{"alg":"RS256"}""", """{"sub":"a","sub":"b"}""")]
    [InlineData("""{"alg":"RS256"}""", """{"iss":"\ud800"}""")]
    [InlineData("""{"alg":"RS256"}""", """{"a":[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]}""")]
    [InlineData("{", "{}")]
    public async Task A_token_whose_JSON_can_be_read_in_two_ways_or_none_is_refused(string header, string payload) =>
        await RefuseAsync($"{FakeIssuer.Encode(header)}.{FakeIssuer.Encode(payload)}.eA", AuthenticationFailure.MalformedToken);

    [Fact]
    public async Task A_token_that_demands_an_unknown_extension_is_refused() =>
        await RefuseAsync(_issuer.Sign(Claims(), header: h => h["crit"] = new JsonArray("exp")), AuthenticationFailure.MalformedToken);

    [Theory]
    [InlineData("none")]
    [InlineData("None")]
    [InlineData("HS256")]
    public async Task A_token_without_a_real_signature_is_refused(string algorithm)
    {
        // The classic confusion: the public key of the issuer used as an HMAC secret.
        var secret = algorithm == "HS256" ? _issuer.PublicKeyBytes("rs1") : null;

        await RefuseAsync(FakeIssuer.SignWithoutKey(Claims(), algorithm, secret), AuthenticationFailure.AlgorithmNotAllowed);
    }

    [Theory]
    [InlineData("id+jwt")]
    [InlineData("logout+jwt")]
    [InlineData("dpop+jwt")]
    public async Task A_token_of_another_type_is_refused(string type) =>
        await RefuseAsync(_issuer.Sign(Claims(), type: type), AuthenticationFailure.WrongType);

    [Theory]
    [InlineData("nonce", "n")]
    [InlineData("at_hash", "h")]
    [InlineData("events", "e")]
    [InlineData("typ", "ID")]
    [InlineData("typ", "Refresh")]
    [InlineData("token_use", "id")]
    public async Task An_ID_token_that_calls_itself_JWT_is_refused(string claim, string value) =>
        await RefuseAsync(_issuer.Sign(With(claim, value), type: "JWT"), AuthenticationFailure.WrongType);

    [Theory]
    [InlineData("JWT", "typ", "Bearer")]
    [InlineData(null, "token_use", "access")]
    [InlineData("application/at+jwt", "scope", "gate")]
    public async Task Access_tokens_of_older_issuers_are_accepted(string? type, string claim, string value) =>
        await AcceptAsync(_issuer.Sign(With(claim, value), type: type));

    [Fact]
    public async Task A_token_of_another_issuer_is_refused_with_the_name_of_the_right_one()
    {
        var refused = await RefuseAsync(_issuer.Sign(With("iss", "https://evil.example")), AuthenticationFailure.UnknownIssuer);

        Assert.Contains(FakeIssuer.Name, refused.Message);
        Assert.DoesNotContain("evil", refused.Message);
    }

    [Fact]
    public async Task A_token_for_another_audience_is_refused_with_the_name_of_the_right_one()
    {
        var refused = await RefuseAsync(_issuer.Sign(With("aud", "billing")), AuthenticationFailure.WrongAudience);

        Assert.Contains("audience sallyport", refused.Message);
        Assert.DoesNotContain("billing", refused.Message);
    }

    [Fact]
    public async Task A_token_may_have_several_audiences_but_not_none()
    {
        await AcceptAsync(_issuer.Sign(With("aud", new JsonArray("billing", "sallyport"))));
        await RefuseAsync(_issuer.Sign(With("aud", new JsonArray("billing", 7))), AuthenticationFailure.WrongAudience);
        await RefuseAsync(_issuer.Sign(With("aud", null)), AuthenticationFailure.WrongAudience);
        await RefuseAsync(_issuer.Sign(Without("aud")), AuthenticationFailure.WrongAudience);
    }

    [Fact]
    public async Task A_changed_token_is_refused()
    {
        var parts = _issuer.Sign(Claims()).Split('.');
        var forged = $"{parts[0]}.{FakeIssuer.Encode(With("sub", "bob").ToJsonString())}.{parts[2]}";

        await RefuseAsync(forged, AuthenticationFailure.BadSignature);
        await RefuseAsync($"{parts[0]}.{parts[1]}.", AuthenticationFailure.BadSignature);
        await RefuseAsync($"{parts[0]}.{parts[1]}.{parts[2][..^6]}", AuthenticationFailure.BadSignature);
    }

    [Fact]
    public async Task A_key_is_used_only_with_its_own_kind_of_algorithm()
    {
        var parts = _issuer.Sign(Claims()).Split('.');
        var header = FakeIssuer.Encode("""{"alg":"ES256","kid":"rs1"}""");

        await RefuseAsync($"{header}.{parts[1]}.{parts[2]}", AuthenticationFailure.UnknownKey);
    }

    [Fact]
    public async Task An_expired_token_is_refused_with_the_time_and_the_remedy()
    {
        var token = _issuer.Sign(Claims());
        _time.Advance(TimeSpan.FromMinutes(10));
        await AcceptAsync(token);

        _time.Advance(TimeSpan.FromSeconds(30));
        var refused = await RefuseAsync(token, AuthenticationFailure.Expired);

        Assert.Equal("token expired at 2026-11-21T12:10:00Z; get a new one: sallyport login", refused.Message);
    }

    [Fact]
    public async Task A_token_without_expiry_is_refused() => await RefuseAsync(_issuer.Sign(Without("exp")), AuthenticationFailure.MissingExpiry);

    [Theory]
    [InlineData("nbf", 30, true)]
    [InlineData("nbf", 31, false)]
    [InlineData("iat", 330, true)]
    [InlineData("iat", 331, false)]
    public async Task A_token_from_the_future_is_refused_beyond_the_skew(string claim, int secondsAhead, bool accepted)
    {
        var token = _issuer.Sign(With(claim, _time.GetUtcNow().ToUnixTimeSeconds() + secondsAhead));
        if (accepted)
        {
            await AcceptAsync(token);
            return;
        }

        var refused = await RefuseAsync(token, AuthenticationFailure.NotYetValid);

        Assert.Contains("2026-11-21T12:0", refused.Message);
    }

    [Theory]
    [InlineData("exp", "\"tomorrow\"")]
    [InlineData("exp", "-1")]
    [InlineData("exp", "1e300")]
    [InlineData("nbf", "true")]
    [InlineData("iat", "{}")]
    public async Task Times_that_are_no_times_are_refused(string claim, string json) =>
        await RefuseAsync(_issuer.Sign(With(claim, JsonNode.Parse(json))), AuthenticationFailure.ClaimsNotAccepted);

    [Fact]
    public async Task Fractions_of_a_second_are_times() => await AcceptAsync(_issuer.Sign(With("exp", _time.GetUtcNow().ToUnixTimeSeconds() + 60.5)));

    [Theory]
    [InlineData(null)]
    [InlineData("\"\"")]
    [InlineData("7")]
    public async Task A_token_that_names_nobody_is_refused(string? subject)
    {
        var claims = subject is null ? Without("sub") : With("sub", JsonNode.Parse(subject));

        await RefuseAsync(_issuer.Sign(claims), AuthenticationFailure.MissingSubject);
    }

    [Fact]
    public async Task A_token_bound_to_a_key_is_refused_since_a_password_cannot_prove_the_key() =>
        await RefuseAsync(_issuer.Sign(With("cnf", new JsonObject { ["jkt"] = "x" })), AuthenticationFailure.ClaimsNotAccepted);

    [Fact]
    public async Task No_refusal_repeats_any_part_of_the_token()
    {
        const string Marker = "zzmarkerzz";
        foreach (var claim in new[] { "iss", "aud", "sub", "client_id", "groups", "run_id", "act", "exp", "nbf", "typ" })
        {
            var token = _issuer.Sign(With(claim, Marker + "\u0007"));
            var result = await _authenticator.AuthenticateAsync(token, CancellationToken.None);
            var refused = Assert.IsType<AuthenticationResult.Refused>(result);
            Assert.DoesNotContain(Marker, refused.Message);
        }
    }

    [Fact]
    public async Task Every_refusal_is_a_sentence_that_says_what_to_do()
    {
        var tokens = new[] { "", "x", _issuer.Sign(With("iss", "x")), _issuer.Sign(With("aud", "x")), _issuer.Sign(Without("exp")), _issuer.Sign(Without("sub")) };
        foreach (var token in tokens)
        {
            var refused = Assert.IsType<AuthenticationResult.Refused>(await _authenticator.AuthenticateAsync(token, CancellationToken.None));
            Assert.Matches("; (get|have|ask|wait|try) ", refused.Message);
        }
    }

    private Authenticator New(IssuerOptions options) =>
        new([options], Authenticator.DefaultMaxTokenBytes, _time, NullLogger<Authenticator>.Instance, _issuer);

    private static IssuerOptions Options() => new() { Issuer = FakeIssuer.Name, Audiences = ["sallyport"] };

    private JsonObject Claims() => FakeIssuer.Claims(_time.GetUtcNow());

    private JsonObject With(string claim, JsonNode? value)
    {
        var claims = Claims();
        claims[claim] = value;
        return claims;
    }

    private JsonObject Without(string claim)
    {
        var claims = Claims();
        claims.Remove(claim);
        return claims;
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
