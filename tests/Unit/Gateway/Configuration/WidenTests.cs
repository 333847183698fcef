using Sallyport.Gateway.Configuration;
using Sallyport.Gateway.Policy;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Gateway.Configuration;

public sealed class WidenTests : IDisposable
{
    private const string Rest = SampleText.Grants + "rules:";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("", 0, 0)]
    [InlineData(", widen: {plan: 15m, run: 1h}", 15, 60)]
    [InlineData(", widen: {run: 4h}", 0, 240)]
    public void An_approval_reaches_no_further_than_its_rule_says(string widen, int plan, int run)
    {
        var loaded = Load($"verdict: ask, approvers: [officers]{widen}");
        Assert.Empty(loaded.Problems);
        Assert.Equal(new Widening(TimeSpan.FromMinutes(plan), TimeSpan.FromMinutes(run)), loaded.Configuration!.Policy.Rules.Single().Widen);
    }

    [Theory]
    [InlineData("verdict: deny, widen: {plan: 15m}", "widen means nothing without verdict: ask")]
    [InlineData("verdict: ask, approvers: [officers], widen: {plan: 5h}", "rules[1].widen.plan is out of range")]
    [InlineData("verdict: ask, approvers: [officers], widen: {session: 5m}", "rules[1].widen.session is not known")]
    [InlineData("verdict: ask, approvers: [officers], widen: 15m", "rules[1].widen is not a map")]
    public void What_cannot_be_enforced_is_a_problem(string rule, string problem) =>
        Assert.Contains(Load(rule).Problems, p => p.Message == problem);

    private ConfigurationResult Load(string rule)
    {
        var file = _folder.File("gateway.yaml");
        File.WriteAllText(file, Rest + $"\n  - {{name: writes, match: {{class: write}}, {rule}}}\n");
        return ConfigurationLoader.Load(file);
    }
}
