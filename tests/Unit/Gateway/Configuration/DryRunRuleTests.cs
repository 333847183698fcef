using Sallyport.Gateway.Configuration;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Gateway.Configuration;

public sealed class DryRunRuleTests : IDisposable
{
    private const string Rest = SampleText.Grants + "rules:";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("match: {class: write}, verdict: ask, approvers: [officers]", false)]
    [InlineData("match: {class: write}, verdict: ask, approvers: [officers], dryRun: false", false)]
    [InlineData("match: {class: write}, verdict: ask, approvers: [officers], dryRun: true", true)]
    [InlineData("match: {effects: [delete]}, verdict: ask, approvers: [officers], dryRun: true", true)]
    public void Nothing_is_run_before_it_is_approved_unless_the_rule_says_so(string rule, bool dryRun)
    {
        var loaded = Load(rule);
        Assert.Empty(loaded.Problems);
        Assert.Equal(dryRun, loaded.Configuration!.Policy.Rules.Single().DryRun);
    }

    [Theory]
    [InlineData("match: {class: write}, verdict: deny, dryRun: true", "dryRun means nothing without verdict: ask")]
    [InlineData("match: {class: read}, verdict: ask, approvers: [officers], dryRun: true", "the rule matches no writes, and only writes have a dry run")]
    public void What_could_not_be_run_is_a_problem(string rule, string problem) => Assert.Contains(Load(rule).Problems, p => p.Message == problem);

    private ConfigurationResult Load(string rule)
    {
        var file = _folder.File("gateway.yaml");
        File.WriteAllText(file, Rest + $"\n  - {{name: held, {rule}}}\n");
        return ConfigurationLoader.Load(file);
    }
}
