using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Policy;
using Sallyport.Unit.Support;
using static Sallyport.Unit.Support.PolicyMaker;

namespace Sallyport.Unit.Gateway.Policy;

/// <summary>Grants that somebody asked for, beside those of the configuration.</summary>
public sealed class DynamicGrantTests
{
    private static readonly Principal Etl = Agent("etl");

    private static readonly Command ReadsPatients = Command(CommandClass.Read, Effects.None, Reads("clinic.patients"));

    private readonly ManualTime _time = new();

    [Fact]
    public void It_opens_what_it_names_and_every_verdict_names_it()
    {
        var engine = Engine([]);
        Assert.IsType<Verdict.Deny>(engine.Judge(Etl, ReadsPatients));

        engine.Grant([Asked("gr_1")]);
        var verdict = Assert.IsType<Verdict.Allow>(engine.Judge(Etl, ReadsPatients));
        Assert.Equal(("grant:gr_1", "gr_1", false), (verdict.Rule, verdict.Grant, verdict.IsBreakGlass));
        Assert.Equal("h", engine.Current.Hash);
    }

    [Fact]
    public void All_else_of_the_policy_stays()
    {
        var configured = new PolicySnapshot("h", [], [], [])
        {
            Inference = InferencePolicy.Default with { },
            Access = new AccessRules(),
            Budgets = [new UsageBudget { Name = "day", Limits = new UsageLimits(1, null, null, null, null, null) }],
        };
        var granted = configured.With([Asked("gr_1")]);
        Assert.Same(configured.Inference, granted.Inference);
        Assert.Same(configured.Access, granted.Access);
        Assert.Equal(configured.Budgets, granted.Budgets);
    }

    [Fact]
    public void It_ends_at_its_instant_without_anybody_taking_it_out()
    {
        var engine = Engine([]);
        engine.Grant([Asked("gr_1")]);
        _time.Advance(TimeSpan.FromHours(1) - TimeSpan.FromTicks(1));
        Assert.Null(engine.MayConnect(Etl, Target));
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.NotNull(engine.MayConnect(Etl, Target));
        Assert.IsType<Verdict.Deny>(engine.Judge(Etl, ReadsPatients));
    }

    [Fact]
    public void It_is_for_its_principal_and_its_run_only()
    {
        var engine = Engine([]);
        engine.Grant([Asked("gr_1") with { RunId = "run-7" }]);
        Assert.NotNull(engine.MayConnect(Etl, Target));
        Assert.Null(engine.MayConnect(Etl with { RunId = "run-7" }, Target));
        Assert.NotNull(engine.MayConnect(Human("etl", "etl") with { RunId = "run-7" }, Target));
    }

    [Fact]
    public void A_reload_of_the_configuration_keeps_it()
    {
        var engine = Engine([]);
        engine.Grant([Asked("gr_1")]);
        engine.Activate(Snapshot([], hash: "h2"));
        Assert.Equal("h2", engine.Current.Hash);
        Assert.IsType<Verdict.Allow>(engine.Judge(Etl, ReadsPatients));
        engine.Grant([]);
        Assert.IsType<Verdict.Deny>(engine.Judge(Etl, ReadsPatients));
        Assert.Equal("h2", engine.Current.Hash);
    }

    [Fact]
    public void It_is_named_where_nothing_of_the_configuration_opens_a_part_of_the_command()
    {
        var standing = Grant("standing", "etl", CommandClass.Read) with { Schemas = ["lab"] };
        var engine = Engine([standing]);
        engine.Grant([Asked("gr_1")]);
        Assert.Equal("grant:standing", engine.Judge(Etl, Command(CommandClass.Read, Effects.None, Reads("lab.results"))).Rule);
        Assert.Equal("grant:gr_1", engine.Judge(Etl, Command(CommandClass.Read, Effects.None, Reads("lab.results"), Reads("clinic.patients"))).Rule);
    }

    [Fact]
    public void A_rule_still_decides_and_the_grant_is_named_beside_it()
    {
        var engine = Engine([], new Rule { Name = "ask-all", Match = new RuleMatch(), Decision = RuleDecision.Ask, Approvers = ["officers"] });
        engine.Grant([Asked("gr_1")]);
        var verdict = Assert.IsType<Verdict.Ask>(engine.Judge(Etl, ReadsPatients));
        Assert.Equal(("ask-all", "gr_1"), (verdict.Rule, verdict.Grant));
    }

    [Fact]
    public void During_an_emergency_every_verdict_is_marked()
    {
        var engine = Engine([Grant("standing", "etl", CommandClass.Read)], new Rule { Name = "no-drop", Match = new RuleMatch { Effects = Effects.Drop }, Decision = RuleDecision.Deny });
        engine.Grant([Asked("gr_1") with { Origin = GrantOrigin.BreakGlass, Allow = [CommandClass.Ddl] }]);
        Assert.True(engine.Judge(Etl, ReadsPatients).IsBreakGlass);
        Assert.True(engine.Judge(Etl, Command(CommandClass.Ddl, Effects.Drop, Writes("clinic.patients"))).IsBreakGlass);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.False(engine.Judge(Etl, ReadsPatients).IsBreakGlass);
    }

    [Theory]
    [InlineData("clinic.patients.mrn", false)]
    [InlineData("clinic.patients.ssn", true)]
    public void What_it_leaves_out_it_does_not_open(string column, bool isOpen)
    {
        var engine = Engine([]);
        engine.Grant([Asked("gr_1") with { Never = ["clinic.patients.mrn"] }]);
        var verdict = engine.Judge(Etl, ReadsPatients with { PhiColumns = [column], TouchesPhi = true });
        Assert.Equal(isOpen, verdict is Verdict.Allow);
        Assert.True(isOpen || ((Verdict.Deny)verdict).Reason.Contains("leaves clinic.patients.mrn out", StringComparison.Ordinal));
    }

    [Fact]
    public void What_it_leaves_out_another_grant_may_open()
    {
        var engine = Engine([]);
        engine.Grant([Asked("gr_1") with { Never = ["clinic.patients.mrn"] }, Asked("gr_2")]);
        Assert.Equal("grant:gr_2", engine.Judge(Etl, ReadsPatients with { PhiColumns = ["clinic.patients.mrn"], TouchesPhi = true }).Rule);
    }

    [Fact]
    public void Statements_that_do_not_say_which_columns_they_touch_count_as_touching_those_left_out()
    {
        var engine = Engine([]);
        engine.Grant([Asked("gr_1") with { Allow = [CommandClass.Read, CommandClass.Write, CommandClass.Ddl], Never = ["clinic.patients.mrn"] }]);
        Assert.IsType<Verdict.Deny>(engine.Judge(Etl, Command(CommandClass.Ddl, Effects.Alter, Writes("clinic.patients"))));
        Assert.IsType<Verdict.Deny>(engine.Judge(Etl, Command(CommandClass.Write, Effects.Insert | Effects.CopyIn, Writes("clinic.patients"))));
        Assert.IsType<Verdict.Allow>(engine.Judge(Etl, Command(CommandClass.Ddl, Effects.Alter, Writes("clinic.encounters"))));
    }

    private static Grant Asked(string id) => new()
    {
        Name = id,
        Target = Target,
        Principals = [new PrincipalMatch { Id = Etl.Id }],
        Allow = [CommandClass.Read],
        Origin = GrantOrigin.Request,
        RequestId = "req_1",
        Until = new ManualTime().GetUtcNow().AddHours(1),
    };

    private PolicyEngine Engine(IEnumerable<Grant> grants, params Rule[] rules) => new(Snapshot(grants, rules), _time);
}
