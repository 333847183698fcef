using Sallyport.Gateway.Configuration;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Gateway.Configuration;

public sealed class TokensBinderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("tokens: {lifetime: 2h}", "tokens.lifetime is out of range")]
    [InlineData("tokens: {longestLifetime: 10m, lifetime: 11m}", "tokens.lifetime is out of range")]
    [InlineData("tokens: {longestLifetime: 61m}", "tokens.longestLifetime is out of range")]
    [InlineData("tokens: {lifetme: 5m}", "tokens.lifetme is not known")]
    [InlineData("tokens: {delegations: [{humans: [developers]}]}", "the delegation is for no agent")]
    [InlineData("tokens: {delegations: [{agents: [agent-1]}]}", "the delegation's agents act for nobody")]
    [InlineData("tokens: {delegations: [{agents: [agent-1], alone: true, declared: true}]}", "nobody is there to say who the agent is")]
    [InlineData("tokens: {delegations: [{name: a, agents: [x], alone: true}, {name: a, agents: [x], alone: true}]}", "delegation a stands here a second time")]
    [InlineData("tokens: {}\npublicUrl: https://login.example/", "issuer https://login.example is this gateway itself")]
    public void What_cannot_be_meant_is_a_problem(string text, string problem) =>
        Assert.Contains(Load(text), message => message.StartsWith(problem, StringComparison.Ordinal));

    [Fact]
    public void An_issuer_for_exchange_only_needs_something_that_is_exchanged()
    {
        Assert.Contains("an issuer is for exchange only, and nothing is exchanged", Load("", "oneTime: true"));
        Assert.DoesNotContain("an issuer is for exchange only, and nothing is exchanged", Load("tokens: {}", "oneTime: true"));
    }

    [Fact]
    public void The_example_of_the_reference_has_no_problem_of_its_own() => Assert.DoesNotContain(
        Load("tokens: {lifetime: 15m, delegations: [{name: ci, agentGroups: [clinic-org], humans: [developers], groups: [reporting-agents]}]}", "kind: agent, agentName: repository"),
        message => message.Contains("tokens", StringComparison.Ordinal) || message.Contains("identity", StringComparison.Ordinal));

    private List<string> Load(string text, string issuer = "groups: groups")
    {
        File.WriteAllText(_folder.File("c.yaml"), $"identity: [{{issuer: https://login.example, audience: a, {issuer}}}]\n{text}\n");
        return [.. ConfigurationLoader.Load(_folder.File("c.yaml")).Problems.Select(problem => problem.Message)];
    }
}
