using System.Buffers.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Tokens;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Gateway.Tokens;

public sealed class TokenExchangerTests
{
    [Fact]
    public async Task A_human_and_a_pipeline_become_one_token_that_names_both()
    {
        await using var gateway = await ExchangeFixture.CreateAsync();
        var issued = await gateway.IssueAsync(gateway.Human(), gateway.Pipeline());

        var claims = Claims(issued.Token);
        Assert.Equal("alice", claims.GetProperty("sub").GetString());
        Assert.Equal(FakeIssuer.Name, claims.GetProperty("sub_iss").GetString());
        Assert.Equal("clinic/app", claims.GetProperty("act").GetProperty("sub").GetString());
        Assert.Equal(ExchangeFixture.Pipelines, claims.GetProperty("act").GetProperty("iss").GetString());
        Assert.Equal(ExchangeFixture.Gateway, claims.GetProperty("iss").GetString());
        Assert.Equal(ExchangeFixture.Gateway, claims.GetProperty("aud").GetString());
        Assert.Equal(issued.RunId, claims.GetProperty("run_id").GetString());
        Assert.Equal(900, claims.GetProperty("exp").GetInt64() - claims.GetProperty("iat").GetInt64());

        var principal = await gateway.EnterAsync(issued.Token);
        Assert.Equal(PrincipalKind.Agent, principal.Kind);
        Assert.Equal(("clinic/app", "alice", FakeIssuer.Name, ExchangeFixture.Pipelines), (principal.Name, principal.OnBehalfOf, principal.Issuer, principal.AgentIssuer));
        Assert.Equal(issued.RunId, principal.RunId);
        Assert.Equal(TimeSpan.FromMinutes(15), issued.Lifetime);
        Assert.Equal([principal.Id], gateway.Recorded("token.issue", "for"));
        Assert.Equal(["ci"], gateway.Recorded("token.issue", "rule"));
        Assert.Equal([principal.TokenId], gateway.Recorded("token.issue", "tok"));
    }

    [Fact]
    public async Task The_token_carries_no_group_the_human_lacks_nor_one_above_the_ceiling()
    {
        await using var gateway = await ExchangeFixture.CreateAsync();
        // The pipeline is in pipelines, and the ceiling names that group; alice is not in it.
        var principal = await gateway.EnterAsync((await gateway.IssueAsync(gateway.Human(), gateway.Pipeline())).Token);
        Assert.Equal(["clinicians"], principal.Groups);
    }

    [Fact]
    public async Task The_human_behind_an_agent_is_the_same_person_as_at_the_issuer()
    {
        await using var gateway = await ExchangeFixture.CreateAsync();
        var human = await gateway.EnterAsync(gateway.Human());
        var agent = await gateway.EnterAsync((await gateway.IssueAsync(gateway.Human(), gateway.Pipeline())).Token);
        Assert.Equal((human.Issuer, human.Subject), (agent.Issuer, agent.Subject));
        Assert.Equal(human.Id, TokenRevocations.HumanBehind(agent));
        var own = await gateway.EnterAsync((await gateway.IssueAsync(gateway.Human())).Token);
        Assert.Equal((human.Id, PrincipalKind.Human, ""), (own.Id, own.Kind, own.RunId));
        Assert.Equal(human.Groups, own.Groups);
    }

    [Fact]
    public async Task Agents_without_a_human_get_a_token_only_where_a_delegation_says_so()
    {
        await using var gateway = await ExchangeFixture.CreateAsync();
        var alone = await gateway.EnterAsync((await gateway.IssueAsync(gateway.Pipeline("clinic/nightly"))).Token);
        Assert.Equal((PrincipalKind.Agent, "clinic/nightly", ""), (alone.Kind, alone.Name, alone.OnBehalfOf));
        await RefusedAsync(gateway, "no-delegation", gateway.Pipeline("clinic/app"));
        await RefusedAsync(gateway, "no-delegation", gateway.Human(), gateway.Pipeline("clinic/other"));
        await RefusedAsync(gateway, "no-delegation", gateway.Human(c => c["groups"] = new JsonArray("staff")), gateway.Pipeline());
    }

    [Fact]
    public async Task A_workload_identity_without_issuer_is_known_by_its_trust_domain()
    {
        await using var gateway = await ExchangeFixture.CreateAsync();
        var principal = await gateway.EnterAsync((await gateway.IssueAsync(gateway.Human(), gateway.Svid())).Token);
        Assert.Equal((ExchangeFixture.Trust + "/agent", ExchangeFixture.Trust), (principal.Name, principal.AgentIssuer));
    }

    [Fact]
    public async Task A_human_declares_an_agent_only_where_a_delegation_says_so()
    {
        await using var gateway = await ExchangeFixture.CreateAsync();
        var principal = await gateway.EnterAsync((await gateway.IssueAsync(gateway.Human(), declared: "coder")).Token);
        Assert.Equal((PrincipalKind.Agent, "coder", "alice"), (principal.Kind, principal.Name, principal.OnBehalfOf));
        await RefusedAsync(gateway, "no-delegation", gateway.Human(), declared: "clinic/app");
        await RefusedAsync(gateway, "bad-actor-name", gateway.Human(), declared: "alice");
        await RefusedAsync(gateway, "bad-actor-name", gateway.Human(), declared: "a b");
    }

    [Fact]
    public async Task Each_wrong_request_has_a_reason_and_a_record_of_its_own()
    {
        await using var gateway = await ExchangeFixture.CreateAsync();
        var now = gateway.Time.GetUtcNow();
        var agent = (await gateway.IssueAsync(gateway.Human(), gateway.Pipeline())).Token;
        var human = (await gateway.IssueAsync(gateway.Human())).Token;
        await RefusedAsync(gateway, "no-subject-token", "");
        await RefusedAsync(gateway, "malformed-token", "nonsense");
        await RefusedAsync(gateway, "wrong-audience", gateway.Human(c => c["aud"] = "elsewhere"));
        await RefusedAsync(gateway, "unknown-issuer", gateway.Human(c => c["iss"] = "https://evil.example"));
        await RefusedAsync(gateway, "expired", gateway.Human(c => c["exp"] = now.AddMinutes(-2).ToUnixTimeSeconds()));
        await RefusedAsync(gateway, "wrong-audience", gateway.Human(), gateway.Pipeline(change: c => c["aud"] = "elsewhere"));
        await RefusedAsync(gateway, "lifetime-too-long", gateway.Human(), gateway.Pipeline(), lifetime: TimeSpan.FromSeconds(3601));
        await RefusedAsync(gateway, "wrong-target", gateway.Human(), gateway.Pipeline(), audiences: ["https://other.example"]);
        await RefusedAsync(gateway, "agent-as-subject", gateway.Pipeline("clinic/nightly"), gateway.Pipeline());
        await RefusedAsync(gateway, "actor-not-agent", gateway.Human(), gateway.Human(c => c["sub"] = "bob"));
        await RefusedAsync(gateway, "actor-not-agent", gateway.Human(), agent);
        await RefusedAsync(gateway, "already-delegated", agent, gateway.Pipeline("clinic/nightly"));
        await RefusedAsync(gateway, "already-delegated", agent, declared: "coder");
        await RefusedAsync(gateway, "not-renewable", human);
        await RefusedAsync(gateway, "no-token-id", gateway.Human(), gateway.Pipeline(change: c => c.Remove("jti")));
        await RefusedAsync(gateway, "unknown-run", gateway.Human(), gateway.Pipeline(), run: "run_of_somebody");
        Assert.Equal(16, gateway.Recorded("token.refuse", "reason").Count);
        Assert.Equal(
            ["unknown-run", "no-token-id", "not-renewable", "already-delegated"],
            gateway.Recorded("token.refuse", "reason").AsEnumerable().Reverse().Take(4));
    }

    [Fact]
    public async Task A_one_time_token_is_exchanged_once_and_opens_no_door()
    {
        await using var gateway = await ExchangeFixture.CreateAsync();
        var pipeline = gateway.Pipeline();
        Assert.Equal(AuthenticationFailure.ForExchangeOnly, Assert.IsType<AuthenticationResult.Refused>(await gateway.AtTheDoorAsync(pipeline)).Failure);
        await gateway.IssueAsync(gateway.Human(), pipeline);
        await RefusedAsync(gateway, "replayed", gateway.Human(), pipeline);
        // A refused request does not use it up.
        var another = gateway.Pipeline();
        await RefusedAsync(gateway, "unknown-run", gateway.Human(), another, run: "run_of_somebody");
        await gateway.IssueAsync(gateway.Human(), another);
    }

    [Fact]
    public async Task A_one_time_token_shown_many_times_at_once_is_exchanged_once()
    {
        await using var gateway = await ExchangeFixture.CreateAsync();
        var (human, pipeline) = (gateway.Human(), gateway.Pipeline());
        var results = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => gateway.ExchangeAsync(human, pipeline)));
        Assert.Single(results.OfType<ExchangeResult.Issued>());
        Assert.All(results.OfType<ExchangeResult.Refused>(), refused => Assert.Equal("replayed", refused.Reason));
    }

    [Fact]
    public async Task A_run_is_renewed_by_its_own_tokens_until_its_life_is_over()
    {
        await using var gateway = await ExchangeFixture.CreateAsync();
        gateway.Options = gateway.Options with { RunLifetime = TimeSpan.FromMinutes(30) };
        var first = await gateway.IssueAsync(gateway.Human(), gateway.Pipeline());
        gateway.Time.Advance(TimeSpan.FromMinutes(10));
        var second = await gateway.IssueAsync(first.Token);
        Assert.Equal(first.RunId, second.RunId);
        Assert.Equal((await gateway.EnterAsync(first.Token)).Id, (await gateway.EnterAsync(second.Token)).Id);
        gateway.Time.Advance(TimeSpan.FromMinutes(14));
        var third = await gateway.IssueAsync(second.Token);
        Assert.Equal(TimeSpan.FromMinutes(6), third.Lifetime);
        gateway.Time.Advance(TimeSpan.FromMinutes(6) - TimeSpan.FromMilliseconds(500));
        await RefusedAsync(gateway, "run-over", third.Token);
        Assert.Equal(["no", "yes", "yes"], gateway.Recorded("token.issue", "renewal"));
    }

    [Fact]
    public async Task A_run_is_continued_by_its_owner_only()
    {
        await using var gateway = await ExchangeFixture.CreateAsync();
        var first = await gateway.IssueAsync(gateway.Human(), gateway.Pipeline());
        var again = await gateway.IssueAsync(gateway.Human(), gateway.Pipeline(), run: first.RunId);
        Assert.Equal(first.RunId, again.RunId);
        await RefusedAsync(gateway, "unknown-run", gateway.Human(c => c["sub"] = "bob"), gateway.Pipeline(), run: first.RunId);
        await RefusedAsync(gateway, "unknown-run", gateway.Human(), declared: "coder", run: first.RunId);
    }

    [Fact]
    public async Task A_pipeline_names_its_run_itself_and_nobody_else_takes_that_name()
    {
        await using var gateway = await ExchangeFixture.CreateAsync();
        var first = await gateway.IssueAsync(gateway.Human(), gateway.Pipeline(change: c => c["run_id"] = "4711"));
        Assert.Equal("4711", first.RunId);
        Assert.Equal("4711", (await gateway.IssueAsync(gateway.Human(), gateway.Pipeline(change: c => c["run_id"] = "4711"))).RunId);
        await RefusedAsync(gateway, "unknown-run", gateway.Human(c => c["sub"] = "bob"), gateway.Pipeline(change: c => c["run_id"] = "4711"));
    }

    [Fact]
    public async Task A_renewal_asks_the_delegations_again()
    {
        await using var gateway = await ExchangeFixture.CreateAsync();
        var first = await gateway.IssueAsync(gateway.Human(), gateway.Pipeline());
        gateway.Options = gateway.Options with { Delegations = [] };
        await RefusedAsync(gateway, "no-delegation", first.Token);
    }

    [Fact]
    public async Task Within_the_subject_a_run_ends_with_the_token_it_began_with()
    {
        await using var gateway = await ExchangeFixture.CreateAsync();
        gateway.Options = gateway.Options with { IsWithinSubject = true };
        // Alice's own token lives for ten minutes.
        var first = await gateway.IssueAsync(gateway.Human(), gateway.Pipeline());
        Assert.Equal(TimeSpan.FromMinutes(10), first.Lifetime);
        gateway.Time.Advance(TimeSpan.FromMinutes(9));
        Assert.Equal(TimeSpan.FromMinutes(1), (await gateway.IssueAsync(first.Token)).Lifetime);
        Assert.Equal(TimeSpan.FromMinutes(10), (await gateway.IssueAsync(gateway.Human())).Lifetime);
    }

    [Fact]
    public async Task A_bound_token_counts_only_with_its_certificate()
    {
        await using var gateway = await ExchangeFixture.CreateAsync();
        var thumbprint = Base64Url.EncodeToString(new byte[32]);
        var issued = await gateway.IssueAsync(gateway.Human(), gateway.Pipeline(), certificate: thumbprint);
        await gateway.EnterAsync(issued.Token, thumbprint);
        foreach (var other in (string[])["", Base64Url.EncodeToString(Enumerable.Repeat((byte)1, 32).ToArray())])
        {
            var refused = Assert.IsType<AuthenticationResult.Refused>(await gateway.AtTheDoorAsync(issued.Token, other));
            Assert.Equal(AuthenticationFailure.CertificateNotShown, refused.Failure);
        }
        await RefusedAsync(gateway, "certificate-not-shown", issued.Token);
        Assert.Equal(thumbprint, (await gateway.EnterAsync((await gateway.IssueAsync(issued.Token, certificate: thumbprint)).Token, thumbprint)).Certificate);
    }

    [Fact]
    public async Task Without_the_section_nothing_is_issued()
    {
        await using var gateway = await ExchangeFixture.CreateAsync();
        var exchanger = new TokenExchanger(ExchangeFixture.Gateway, gateway.Authenticator, gateway.Keys, null!, gateway.Recorder, () => null, gateway.Time);
        var refused = Assert.IsType<ExchangeResult.Refused>(await exchanger.ExchangeAsync(
            new ExchangeRequest { SubjectToken = gateway.Human(), ClientAddress = "192.0.2.1" }, TestContext.Current.CancellationToken));
        Assert.Equal("not-issued", refused.Reason);
    }

    internal static JsonElement Claims(string token) => JsonDocument.Parse(Base64Url.DecodeFromChars(token.Split('.')[1])).RootElement;

    private static async Task RefusedAsync(
        ExchangeFixture gateway, string reason, string subject, string actor = "", string declared = "", string run = "", TimeSpan? lifetime = null, string[]? audiences = null)
    {
        var refused = Assert.IsType<ExchangeResult.Refused>(await gateway.ExchangeAsync(subject, actor, declared, run, lifetime, audiences: audiences));
        Assert.Equal(reason, refused.Reason);
        Assert.Equal(reason == "wrong-target" ? "invalid_target" : "invalid_request", refused.Error);
        Assert.Equal(reason, gateway.Recorded("token.refuse", "reason")[^1]);
    }
}
