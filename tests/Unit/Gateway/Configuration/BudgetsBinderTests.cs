using Sallyport.Gateway.Configuration;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Policy;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Gateway.Configuration;

/// <summary><c>budgets:</c>.</summary>
public sealed class BudgetsBinderTests : IDisposable
{
    private const string Rest = SampleText.Grants + "budgets:\n";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_budget_is_read_as_it_is_meant()
    {
        var loaded = Load("""
            - name: loop
              groups: [agents]
              principals: [agent-etl]
              kinds: [agent]
              target: clinic
              per: run
              window: 2h
              limits: {statements: 1, rows: 2, phiCells: 3, bytes: 4MiB, denials: 5, time: 6s}
              atLimit: ask
              approvers: [officers]
              hold: 1s
              expires: 20s
            - {name: whole-run, per: run, limits: {rows: 7}}
            - {name: people, per: principal, limits: {rows: 7}, atLimit: kill}
            - {name: connection, per: session, limits: {rows: 7}}
            """);
        Assert.Empty(loaded.Problems);
        var budgets = loaded.Configuration!.Policy.Budgets;
        var loop = budgets[0];
        Assert.Equal(("loop", UsageScope.Run, TimeSpan.FromHours(2), UsageAction.Ask), (loop.Name, loop.Per, loop.Window, loop.AtLimit));
        Assert.Equal(new UsageLimits(1, 2, 3, 4 << 20, 5, 6000), loop.Limits);
        Assert.Equal(["agents"], loop.Groups);
        Assert.Equal(["clinic"], loop.Targets);
        Assert.Equal([PrincipalKind.Agent], loop.Kinds);
        Assert.Equal("agent-etl", Assert.Single(loop.Principals).Name);
        Assert.Equal((TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(20)), (loop.Hold, loop.Expires));
        Assert.Equal(["officers"], loaded.Configuration.Roles.Reviewer);
        Assert.Equal([null, TimeSpan.FromHours(1), null], budgets.Skip(1).Select(b => b.Window));
        Assert.Equal([UsageAction.Deny, UsageAction.Kill, UsageAction.Deny], budgets.Skip(1).Select(b => b.AtLimit));
    }

    [Theory]
    [InlineData("- {name: a, per: run}", "budgets[1].limits is missing")]
    [InlineData("- {name: a, limits: {rows: 1}}", "budgets[1].per is missing")]
    [InlineData("- {per: run, limits: {rows: 1}}", "budgets[1].name is missing")]
    [InlineData("- {name: a, per: run, limits: {}}", "the budget limits nothing")]
    [InlineData("- {name: a, per: run, limits: {row: 1}}", "budgets[1].limits.row is not known")]
    [InlineData("- {name: a, per: run, limits: {rows: 0}}", "budgets[1].limits.rows is out of range")]
    [InlineData("- {name: a, per: run, limits: {bytes: many}}", "limits.bytes is not a size a budget can have")]
    [InlineData("- {name: a, per: day, limits: {rows: 1}}", "budgets[1].per cannot be \"day\"")]
    [InlineData("- {name: a, per: session, window: 1h, limits: {rows: 1}}", "window means nothing for a session")]
    [InlineData("- {name: a, per: run, limits: {rows: 1}, atLimit: ask}", "budgets[1].approvers is missing")]
    [InlineData("- {name: a, per: run, limits: {rows: 1}, hold: 1s}", "hold means nothing without atLimit: ask")]
    [InlineData("- {name: a, per: run, limits: {rows: 1}, target: nowhere}", "target nowhere does not exist in this file")]
    [InlineData("- {name: a, per: run, limits: {rows: 1}, groups: [nobody]}", "group nobody does not exist in this file")]
    [InlineData("- {name: a, per: run, limits: {rows: 1}}\n- {name: a, per: run, limits: {rows: 1}}", "budget a stands here a second time")]
    public void What_cannot_be_enforced_is_a_problem(string text, string problem)
    {
        var loaded = Load(text);
        Assert.Null(loaded.Configuration);
        Assert.Contains(loaded.Problems, p => p.Message == problem);
    }

    private ConfigurationResult Load(string budgets)
    {
        var file = _folder.File("sallyport.yaml");
        File.WriteAllText(file, Rest + string.Join('\n', budgets.Split('\n').Select(line => "  " + line)) + "\n");
        return ConfigurationLoader.Load(file);
    }
}
