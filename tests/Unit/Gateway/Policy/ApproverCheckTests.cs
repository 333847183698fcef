using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Policy;
using static Sallyport.Unit.Support.PolicyMaker;

namespace Sallyport.Unit.Gateway.Policy;

public sealed class ApproverCheckTests
{
    private static readonly Verdict.Ask Question = new("writes", ["officers", "doctors"], TimeSpan.Zero, TimeSpan.Zero);

    private static readonly Principal Officer = Human("olga", "officers");

    private static readonly Principal AgentOfOlga = Agent("etl") with { Subject = "olga", OnBehalfOf = "olga" };

    private static readonly Principal AgentOfAlice = Agent("etl") with { Subject = "alice", OnBehalfOf = "alice" };

    [Fact]
    public void A_human_of_an_approver_group_may_decide_for_somebody_else()
    {
        Assert.Null(WhyNot(Officer, AgentOfAlice));
        Assert.Null(WhyNot(Human("dan", "doctors"), AgentOfAlice));
    }

    [Fact]
    public void Others_may_not() =>
        Assert.Equal("Only members of officers or doctors can decide this approval.", WhyNot(Human("bob", "developers"), AgentOfAlice));

    [Fact]
    public void An_agent_may_never_decide_even_as_a_member_and_on_behalf_of_a_human()
    {
        Assert.StartsWith("An agent can never decide", WhyNot(Agent("officers"), AgentOfAlice));
        Assert.StartsWith("An agent can never decide", WhyNot(Agent("officers") with { Subject = "dan", OnBehalfOf = "dan" }, AgentOfAlice));
    }

    [Fact]
    public void Nobody_decides_a_request_of_ones_own() => Assert.StartsWith("You made this request", WhyNot(Officer, Officer));

    [Fact]
    public void Nobody_decides_for_an_agent_of_ones_own()
    {
        Assert.StartsWith("The requesting agent acts for you", WhyNot(Officer, AgentOfOlga));
        // The same name at another issuer is somebody else.
        Assert.Null(WhyNot(Officer with { Issuer = "https://other.example", Id = "p_other" }, AgentOfOlga));
    }

    private static string? WhyNot(Principal decider, Principal requester) =>
        ApproverCheck.MayDecide(decider, Requester.Of(requester), Question, out var reason) ? null : reason;
}
