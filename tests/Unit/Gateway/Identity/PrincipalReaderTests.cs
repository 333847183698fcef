using System.Text.Json;
using System.Text.Json.Nodes;
using Sallyport.Gateway.Identity;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Gateway.Identity;

public sealed class PrincipalReaderTests
{
    private static readonly DateTimeOffset Until = new(2026, 11, 21, 13, 0, 0, TimeSpan.Zero);

    private static readonly IssuerOptions Issuer = new() { Issuer = FakeIssuer.Name, Audiences = ["sallyport"] };

    [Fact]
    public void An_agent_that_acts_for_a_human_is_an_agent_with_the_human_behind_it()
    {
        var principal = Accept("""{"sub":"alice","client_id":"launcher","act":{"sub":"agent-reporting"}}""");

        Assert.Equal(PrincipalKind.Agent, principal.Kind);
        Assert.Equal("agent-reporting", principal.Name);
        Assert.Equal("alice", principal.Subject);
        Assert.Equal("alice", principal.OnBehalfOf);
    }

    [Fact]
    public void Of_a_chain_of_actors_the_outermost_acts() =>
        Assert.Equal("third", Accept("""{"sub":"alice","act":{"sub":"third","act":{"sub":"second","act":{"sub":"first"}}}}""").Name);

    [Theory]
    [InlineData("""{"sub":"a","act":{"sub":"4","act":{"sub":"3","act":{"sub":"2","act":{"sub":"1"}}}}}""")]
    [InlineData("""{"sub":"a","act":"agent"}""")]
    [InlineData("""{"sub":"a","act":{}}""")]
    [InlineData("""{"sub":"a","act":{"sub":""}}""")]
    [InlineData("""{"sub":"a","act":{"sub":"x","act":null}}""")]
    [InlineData("""{"sub":"a","act":null}""")]
    public void An_actor_that_cannot_be_told_is_refused(string claims) => Refuse(claims);

    [Fact]
    public void A_token_whose_subject_is_its_own_client_belongs_to_an_agent()
    {
        var principal = Accept("""{"sub":"agent-etl","client_id":"agent-etl"}""");

        Assert.Equal(PrincipalKind.Agent, principal.Kind);
        Assert.Equal("", principal.OnBehalfOf);
    }

    [Theory]
    [InlineData("""{"sub":"alice","client_id":"agent-etl"}""", "agent-etl")]
    [InlineData("""{"sub":"alice","azp":"agent-etl"}""", "agent-etl")]
    public void A_client_listed_as_agent_makes_an_agent(string claims, string name)
    {
        var principal = Accept(claims, Issuer with { Agents = new AgentMatcher("client_id", ["agent-reporting", "agent-etl"]) });

        Assert.Equal(PrincipalKind.Agent, principal.Kind);
        Assert.Equal(name, principal.Name);
        Assert.Equal("alice", principal.OnBehalfOf);
    }

    [Theory]
    [InlineData("""{"sub":"x","kind":"bot"}""", PrincipalKind.Agent)]
    [InlineData("""{"sub":"x","kind":["a","bot"]}""", PrincipalKind.Agent)]
    [InlineData("""{"sub":"x","kind":"person"}""", PrincipalKind.Human)]
    [InlineData("""{"sub":"x"}""", PrincipalKind.Human)]
    public void Any_claim_can_tell_agents_from_humans(string claims, PrincipalKind kind) =>
        Assert.Equal(kind, Accept(claims, Issuer with { Agents = new AgentMatcher("kind", ["bot"]) }).Kind);

    [Theory]
    [InlineData("""{"sub":"x","groups":"one"}""", "groups", "one")]
    [InlineData("""{"sub":"x","groups":["one","two"]}""", "groups", "one two")]
    [InlineData("""{"sub":"x","realm_access":{"roles":["one"]}}""", "realm_access.roles", "one")]
    [InlineData("""{"sub":"x","https://clinic.example/groups":["one"]}""", "https://clinic.example/groups", "one")]
    [InlineData("""{"sub":"x"}""", "groups", "")]
    [InlineData("""{"sub":"x","realm_access":[]}""", "realm_access.roles", "")]
    public void Groups_come_from_the_claim_that_is_configured(string claims, string claim, string groups) =>
        Assert.Equal(groups, string.Join(' ', Accept(claims, Issuer with { GroupsClaim = claim }).Groups));

    [Fact]
    public void Groups_carry_the_prefix_of_their_issuer() =>
        Assert.Equal(["corp:one"], Accept("""{"sub":"x","groups":["one"]}""", Issuer with { GroupsPrefix = "corp:" }).Groups);

    [Theory]
    [InlineData("""{"sub":"x","groups":7}""")]
    [InlineData("""{"sub":"x","groups":["a",7]}""")]
    [InlineData("""{"sub":"x","groups":{"a":1}}""")]
    [InlineData("""{"sub":"x","client_id":7}""")]
    [InlineData("""{"sub":"x","run_id":["a"]}""")]
    [InlineData("""{"sub":"x\ny"}""")]
    [InlineData("""{"sub":"x","run_id":"a\u001b[2J"}""")]
    public void Claims_of_an_unusable_form_are_refused(string claims) => Refuse(claims);

    [Fact]
    public void Names_and_lists_have_limits()
    {
        Accept($$"""{"sub":"{{new string('x', PrincipalReader.MaxNameLength)}}"}""");
        Refuse($$"""{"sub":"{{new string('x', PrincipalReader.MaxNameLength + 1)}}"}""");
        var groups = new JsonArray([.. Enumerable.Range(0, PrincipalReader.MaxGroups + 1).Select(i => JsonValue.Create($"g{i}"))]);
        Refuse(new JsonObject { ["sub"] = "x", ["groups"] = groups }.ToJsonString());
        groups.RemoveAt(0);
        Accept(new JsonObject { ["sub"] = "x", ["groups"] = groups.DeepClone() }.ToJsonString());
    }

    [Fact]
    public void The_id_is_stable_opaque_and_different_for_different_callers()
    {
        var human = Accept("""{"sub":"alice","client_id":"cli"}""");
        Assert.Matches("^p_[0-9a-f]{16}$", human.Id);
        // SHA-256 of "issuer LF subject LF", so that nobody changes the ids of a ledger by accident.
        Assert.Equal("p_8ebaf675732398a5", human.Id);
        Assert.Equal(human.Id, Accept("""{"sub":"alice","client_id":"browser","groups":["x"]}""").Id);

        var others = new[]
        {
            Accept("""{"sub":"bob"}"""),
            Accept("""{"sub":"alice"}""", Issuer with { Issuer = "https://other.example" }),
            Accept("""{"sub":"alice","act":{"sub":"agent-etl"}}"""),
            Accept("""{"sub":"bob","act":{"sub":"agent-etl"}}"""),
            Accept("""{"sub":"alice","act":{"sub":"agent-reporting"}}"""),
        };

        Assert.Equal(6, others.Append(human).Select(p => p.Id).Distinct().Count());
    }

    private static AuthenticationResult Read(string claims, IssuerOptions? issuer)
    {
        using var document = JsonDocument.Parse(claims);
        return PrincipalReader.Read(document.RootElement, issuer ?? Issuer, Until);
    }

    private static Principal Accept(string claims, IssuerOptions? issuer = null) =>
        Assert.IsType<AuthenticationResult.Accepted>(Read(claims, issuer)).Principal;

    private static void Refuse(string claims) =>
        Assert.Equal(AuthenticationFailure.ClaimsNotAccepted, Assert.IsType<AuthenticationResult.Refused>(Read(claims, null)).Failure);
}
