using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Policy;
using Sallyport.Unit.Support;
using static Sallyport.Unit.Support.PolicyMaker;

namespace Sallyport.Unit.Gateway.Policy;

public sealed class RuleTests
{
    private static readonly Principal Etl = Agent("etl", "night");

    private static readonly PhiMap Tagged = Phi("clinic.patients.mrn MRN", "clinic.patients.name NAME");

    private readonly ManualTime _time = new();

    [Fact]
    public void The_first_rule_that_matches_decides()
    {
        var engine = Engine(
            Deny("no-drop", new RuleMatch { Effects = Effects.Drop }),
            Ask("ddl", new RuleMatch { Classes = [CommandClass.Ddl] }),
            Deny("never-reached", new RuleMatch { Classes = [CommandClass.Ddl] }));

        Assert.Equal("no-drop", Assert.IsType<Verdict.Deny>(Judge(engine, CommandClass.Ddl, Effects.Drop)).Rule);
        Assert.Equal("ddl", Assert.IsType<Verdict.Ask>(Judge(engine, CommandClass.Ddl, Effects.Create)).Rule);
        Assert.Equal("grant:all", Assert.IsType<Verdict.Allow>(Judge(engine, CommandClass.Write, Effects.Insert)).Rule);
    }

    [Fact]
    public void A_rule_that_asks_says_whom_and_for_how_long()
    {
        var engine = Engine(Ask("writes", new RuleMatch { Classes = [CommandClass.Write] }) with
        {
            Approvers = ["officers", "doctors"],
            Hold = TimeSpan.FromSeconds(45),
            Expires = TimeSpan.FromHours(1),
        });

        var question = Assert.IsType<Verdict.Ask>(Judge(engine, CommandClass.Write, Effects.Update));

        Assert.Equal(["officers", "doctors"], question.Approvers);
        Assert.Equal(TimeSpan.FromSeconds(45), question.Hold);
        Assert.Equal(TimeSpan.FromHours(1), question.Expires);
    }

    [Fact]
    public void No_rule_opens_what_no_grant_opens()
    {
        var snapshot = Snapshot([Grant("reads", "etl", CommandClass.Read)], [new Rule { Name = "all", Match = new RuleMatch(), Decision = RuleDecision.Allow }]);
        var engine = new PolicyEngine(snapshot, _time);

        Assert.Equal("no-grant", engine.Judge(Etl, Command(CommandClass.Write, Effects.Insert, Writes("clinic.visits"))).Rule);
        Assert.Equal("never-granted", engine.Judge(Etl, Command(CommandClass.Admin)).Rule);
    }

    [Theory]
    [InlineData(Effects.Update, true, true)]
    [InlineData(Effects.Delete, true, true)]
    [InlineData(Effects.Update | Effects.Insert, true, true)]
    [InlineData(Effects.Update, false, false)]
    [InlineData(Effects.Insert, true, false)]
    public void Effects_and_boundedness_both_have_to_fit(Effects effects, bool unbounded, bool denied)
    {
        var engine = Engine(Deny("unbounded-write", new RuleMatch { Effects = Effects.Update | Effects.Delete, Unbounded = true }));

        var verdict = engine.Judge(Etl, Command(CommandClass.Write, effects, Writes("clinic.visits")) with { Unbounded = unbounded });

        Assert.Equal(denied, verdict is Verdict.Deny);
    }

    [Fact]
    public void A_rule_that_closes_needs_a_part_of_the_command_and_one_that_opens_needs_all_of_it()
    {
        var match = new RuleMatch { Schemas = ["scratch"], Effects = Effects.Insert };
        var closing = Engine(Deny("closing", match));
        var opening = Engine(Allow("opening", match), Deny("rest", new RuleMatch()));
        var mixed = new[] { Writes("scratch.copy"), Reads("clinic.patients") };

        Assert.IsType<Verdict.Deny>(Judge(closing, CommandClass.Write, Effects.Insert, mixed));
        Assert.Equal("rest", Judge(opening, CommandClass.Write, Effects.Insert, mixed).Rule);
        Assert.Equal("opening", Judge(opening, CommandClass.Write, Effects.Insert, Writes("scratch.copy")).Rule);
        Assert.Equal("opening", Judge(opening, CommandClass.Write, Effects.Insert, Writes("scratch.copy"), Reads("pg_catalog.pg_class")).Rule);
        Assert.Equal("rest", Judge(opening, CommandClass.Write, Effects.Insert | Effects.Update, Writes("scratch.copy")).Rule);
        Assert.Equal("rest", Judge(opening, CommandClass.Write, Effects.Insert).Rule);
    }

    [Fact]
    public void A_name_without_schema_counts_as_whatever_makes_the_rule_stricter()
    {
        var match = new RuleMatch { Schemas = ["clinic"] };
        var table = new RuleMatch { Tables = [new("clinic", "visits")] };

        Assert.IsType<Verdict.Deny>(Judge(Engine(Deny("d", match)), CommandClass.Ddl, Effects.Create, Writes("visits")));
        Assert.IsType<Verdict.Deny>(Judge(Engine(Deny("d", table)), CommandClass.Ddl, Effects.Create, Writes("visits")));
        Assert.Equal("grant:all", Judge(Engine(Deny("d", table)), CommandClass.Ddl, Effects.Create, Writes("wards")).Rule);
        Assert.Equal("rest", Judge(Engine(Allow("a", match), Deny("rest", new RuleMatch())), CommandClass.Ddl, Effects.Create, Writes("visits")).Rule);
        Assert.Equal("rest", Judge(Engine(Allow("a", table), Deny("rest", new RuleMatch())), CommandClass.Ddl, Effects.Create, Writes("visits")).Rule);
    }

    [Fact]
    public void A_change_that_names_no_relation_meets_every_rule_about_relations_that_closes()
    {
        var match = new RuleMatch { Effects = Effects.Drop, Schemas = ["clinic"] };

        Assert.IsType<Verdict.Deny>(Judge(Engine(Deny("d", match)), CommandClass.Ddl, Effects.Drop));
        Assert.Equal("grant:all", Judge(Engine(Deny("d", match)), CommandClass.Ddl, Effects.Drop, Writes("scratch.t")).Rule);
        Assert.Equal("grant:all", Judge(Engine(Deny("d", match)), CommandClass.Ddl, Effects.Create).Rule);
        Assert.Equal("rest", Judge(Engine(Allow("a", match), Deny("rest", new RuleMatch())), CommandClass.Ddl, Effects.Drop).Rule);
    }

    [Fact]
    public void Tables_are_matched_with_their_schema()
    {
        var engine = Engine(Deny("d", new RuleMatch { Tables = [new("clinic", "visits")] }));

        Assert.IsType<Verdict.Deny>(Judge(engine, CommandClass.Read, Effects.None, Reads("clinic.wards"), Reads("clinic.visits")));
        Assert.IsType<Verdict.Allow>(Judge(engine, CommandClass.Read, Effects.None, Reads("other.visits")));
    }

    [Theory]
    [InlineData("clinic.patients.mrn", true)]
    [InlineData("clinic.patients.name", false)]
    [InlineData("clinic.patients.name clinic.patients.mrn", true)]
    [InlineData("clinic.patients.forgotten", true)]
    [InlineData("", false)]
    public void Tags_are_matched_by_the_columns_a_command_uses(string columns, bool denied)
    {
        var engine = Engine(Deny("no-mrn", new RuleMatch { Tags = ["MRN"] }));

        Assert.Equal(denied, engine.Judge(Etl, Touching(columns)) is Verdict.Deny);
    }

    [Theory]
    [InlineData("clinic.patients.mrn", true)]
    [InlineData("clinic.patients.name clinic.patients.mrn", false)]
    [InlineData("clinic.patients.forgotten", false)]
    [InlineData("", false)]
    public void A_rule_that_opens_tags_needs_every_column_to_have_one(string columns, bool allowed)
    {
        var engine = Engine(Allow("mrn", new RuleMatch { Tags = ["MRN"] }), Deny("rest", new RuleMatch()));

        Assert.Equal(allowed, engine.Judge(Etl, Touching(columns)) is Verdict.Allow);
    }

    [Fact]
    public void Touching_tagged_data_can_be_matched_either_way()
    {
        Assert.IsType<Verdict.Deny>(Engine(Deny("d", new RuleMatch { Phi = true })).Judge(Etl, Touching("")));
        Assert.IsType<Verdict.Allow>(Engine(Deny("d", new RuleMatch { Phi = false })).Judge(Etl, Touching("")));
    }

    [Fact]
    public void Rules_can_be_about_callers()
    {
        Assert.True(Matches(new RuleMatch { Kinds = [PrincipalKind.Agent] }));
        Assert.False(Matches(new RuleMatch { Kinds = [PrincipalKind.Human] }));
        Assert.True(Matches(new RuleMatch { Groups = ["day", "night"] }));
        Assert.False(Matches(new RuleMatch { Groups = ["day"] }));
        Assert.True(Matches(new RuleMatch { Principals = [new PrincipalMatch { Name = "agent-etl" }] }));
        Assert.False(Matches(new RuleMatch { Principals = [new PrincipalMatch { Name = "agent-reporting" }] }));
        Assert.True(Matches(new RuleMatch { Targets = [Target] }));
        Assert.False(Matches(new RuleMatch { Targets = ["lab"] }));
        Assert.False(Matches(new RuleMatch { Kinds = [PrincipalKind.Agent], Groups = ["day"] }));

        bool Matches(RuleMatch match) => Judge(Engine(Deny("d", match)), CommandClass.Read, Effects.None) is Verdict.Deny;
    }

    [Fact]
    public void Session_control_is_outside_of_rules_unless_one_asks_for_it()
    {
        Assert.IsType<Verdict.Allow>(Judge(Engine(Deny("all", new RuleMatch())), CommandClass.Session, Effects.None));
        Assert.IsType<Verdict.Deny>(Judge(Engine(Deny("all", new RuleMatch { Classes = [CommandClass.Session] })), CommandClass.Session, Effects.None));
    }

    [Theory]
    [InlineData("unbounded", "rule r forbids delete without a condition", "Add a WHERE clause that names the rows.")]
    [InlineData("truncate", "rule r forbids truncate without a condition", "Use DELETE with a WHERE clause that names the rows.")]
    [InlineData("drop", "rule r forbids drop", "Do not reword the command to get around the rule; ask an operator of the target to do it.")]
    [InlineData("phi", "rule r forbids read on tagged data", "Leave the tagged columns out.")]
    [InlineData("table", "rule r forbids read there", "Do not reword the command to get around the rule; ask an operator of the target to do it.")]
    public void A_denial_says_what_is_forbidden_and_what_to_do(string about, string reason, string remedy)
    {
        var (match, command) = about switch
        {
            "unbounded" => (new RuleMatch { Effects = Effects.Delete, Unbounded = true }, Command(CommandClass.Write, Effects.Delete, Writes("clinic.visits")) with { Unbounded = true }),
            "truncate" => (new RuleMatch { Unbounded = true }, Command(CommandClass.Write, Effects.Truncate, Writes("clinic.visits")) with { Unbounded = true }),
            "drop" => (new RuleMatch { Effects = Effects.Drop }, Command(CommandClass.Ddl, Effects.Drop)),
            "phi" => (new RuleMatch { Phi = true }, Touching("")),
            _ => (new RuleMatch { Tables = [new("clinic", "patients")] }, Touching("")),
        };

        var denial = Assert.IsType<Verdict.Deny>(Engine(Deny("r", match)).Judge(Etl, command));

        Assert.Equal(reason, denial.Reason);
        Assert.Equal(remedy, denial.Remedy);
    }

    [Fact]
    public void A_rule_can_bring_its_own_remedy()
    {
        var denial = Assert.IsType<Verdict.Deny>(Judge(Engine(Deny("r", new RuleMatch()) with { Remedy = "Call the ward." }), CommandClass.Read, Effects.None));

        Assert.Equal("Call the ward.", denial.Remedy);
    }

    [Fact]
    public void Of_a_statement_list_the_denial_beats_the_question_and_the_question_the_permission()
    {
        var engine = Engine(Deny("no-drop", new RuleMatch { Effects = Effects.Drop }), Ask("writes", new RuleMatch { Classes = [CommandClass.Write] }));
        var read = Command(CommandClass.Read);
        var write = Command(CommandClass.Write, Effects.Insert, Writes("clinic.visits"));
        var drop = Command(CommandClass.Ddl, Effects.Drop);

        Assert.Equal("no-drop", engine.JudgeAll(Etl, [read, write, drop, read]).Rule);
        Assert.Equal("writes", engine.JudgeAll(Etl, [read, write, read]).Rule);
        Assert.Equal("grant:all", engine.JudgeAll(Etl, [read, read]).Rule);
        Assert.Throws<ArgumentOutOfRangeException>(() => engine.JudgeAll(Etl, []));
    }

    [Fact]
    public void A_reload_is_in_force_from_the_next_verdict_on()
    {
        var engine = Engine();
        var before = engine.Current;
        Assert.IsType<Verdict.Allow>(Judge(engine, CommandClass.Read, Effects.None));

        engine.Activate(Snapshot([], hash: "other"));

        Assert.Equal("other", engine.Current.Hash);
        Assert.IsType<Verdict.Deny>(Judge(engine, CommandClass.Read, Effects.None));
        Assert.IsType<Verdict.Allow>(engine.Judge(before, Etl, Command(CommandClass.Read)));
    }

    [Fact]
    public void A_verdict_that_allows_or_asks_costs_no_allocation()
    {
        var engine = Engine(Deny("unbounded", new RuleMatch { Effects = Effects.Delete, Unbounded = true }), Ask("writes", new RuleMatch { Classes = [CommandClass.Write] }));
        var read = Command(CommandClass.Read, Effects.None, Reads("clinic.patients"), Reads("clinic.visits"));
        var write = Command(CommandClass.Write, Effects.Insert, Writes("clinic.visits"));
        engine.Judge(Etl, read);
        engine.Judge(Etl, write);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            engine.Judge(Etl, read);
            engine.Judge(Etl, write);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private PolicyEngine Engine(params Rule[] rules) =>
        new(Snapshot([Grant("all", "etl", CommandClass.Read, CommandClass.Write, CommandClass.Ddl)], rules, Tagged), _time);

    private static Rule Deny(string name, RuleMatch match) => new() { Name = name, Match = match, Decision = RuleDecision.Deny };

    private static Rule Allow(string name, RuleMatch match) => new() { Name = name, Match = match, Decision = RuleDecision.Allow };

    private static Rule Ask(string name, RuleMatch match) =>
        new() { Name = name, Match = match, Decision = RuleDecision.Ask, Approvers = ["officers"] };

    private static Verdict Judge(PolicyEngine engine, CommandClass commandClass, Effects effects, params RelationUse[] relations) =>
        engine.Judge(Etl, Command(commandClass, effects, relations));

    private static Command Touching(string columns) => Command(CommandClass.Read, Effects.None, Reads("clinic.patients")) with
    {
        TouchesPhi = true,
        PhiColumns = [.. columns.Split(' ', StringSplitOptions.RemoveEmptyEntries)],
    };
}
