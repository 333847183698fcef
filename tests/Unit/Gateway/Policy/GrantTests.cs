using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Policy;
using Sallyport.Unit.Support;
using static Sallyport.Unit.Support.PolicyMaker;

namespace Sallyport.Unit.Gateway.Policy;

public sealed class GrantTests
{
    private static readonly Principal Etl = Agent("etl");

    private readonly ManualTime _time = new();

    [Fact]
    public void Without_a_grant_nothing_is_open()
    {
        var engine = Engine(Grant("g", "others", CommandClass.Read, CommandClass.Write, CommandClass.Ddl));

        Assert.Equal("no-grant", engine.MayConnect(Etl, Target)?.Rule);
        foreach (var commandClass in Enum.GetValues<CommandClass>())
        {
            Assert.IsType<Verdict.Deny>(engine.Judge(Etl, Command(commandClass)));
        }
    }

    [Fact]
    public void Any_grant_opens_the_session_and_its_control()
    {
        var engine = Engine(Grant("g", "etl", CommandClass.Read));

        Assert.Null(engine.MayConnect(Etl, Target));
        Assert.Equal("session-control", Assert.IsType<Verdict.Allow>(engine.Judge(Etl, Command(CommandClass.Session))).Rule);
    }

    [Fact]
    public void An_unknown_target_is_refused_in_the_words_of_a_closed_one()
    {
        var engine = Engine(Grant("g", "others", CommandClass.Read));

        var closed = engine.MayConnect(Etl, Target)!;
        var unknown = engine.MayConnect(Etl, "ledger")!;

        Assert.Equal(closed.Reason.Replace("clinic", "ledger", StringComparison.Ordinal), unknown.Reason);
        Assert.Equal(closed.Remedy, unknown.Remedy);
    }

    /// <summary>Which class a grant opens, one by one: write does not imply read, nor ddl write.</summary>
    [Theory]
    [InlineData(CommandClass.Read, "read", true)]
    [InlineData(CommandClass.Read, "write", false)]
    [InlineData(CommandClass.Read, "ddl", false)]
    [InlineData(CommandClass.Read, "insert", false)]
    [InlineData(CommandClass.Write, "read", false)]
    [InlineData(CommandClass.Write, "insert", true)]
    [InlineData(CommandClass.Write, "write", false)]
    [InlineData(CommandClass.Write, "ddl", false)]
    [InlineData(CommandClass.Ddl, "read", false)]
    [InlineData(CommandClass.Ddl, "insert", false)]
    [InlineData(CommandClass.Ddl, "ddl", true)]
    [InlineData(CommandClass.Ddl, "create-as", false)]
    [InlineData(CommandClass.Read, "admin", false)]
    [InlineData(CommandClass.Write, "admin", false)]
    [InlineData(CommandClass.Ddl, "admin", false)]
    [InlineData(CommandClass.Read, "select-for-nothing", true)]
    public void A_grant_opens_its_own_class_only(CommandClass granted, string command, bool open) =>
        Assert.Equal(open, IsOpen(Engine(Grant("g", "etl", granted)), command));

    [Theory]
    [InlineData("read", true)]
    [InlineData("write", true)]
    [InlineData("insert", true)]
    [InlineData("ddl", true)]
    [InlineData("create-as", true)]
    [InlineData("admin", false)]
    public void All_classes_together_open_everything_but_administration(string command, bool open) =>
        Assert.Equal(open, IsOpen(Engine(Grant("g", "etl", CommandClass.Read, CommandClass.Write, CommandClass.Ddl)), command));

    [Fact]
    public void Several_grants_add_up_relation_by_relation()
    {
        var engine = Engine(
            Grant("reads", "etl", CommandClass.Read) with { Schemas = ["clinic"] },
            Grant("writes", "etl", CommandClass.Write) with { Tables = [new("staging", "visits")] });

        Assert.Equal("grant:writes", Judge(engine, CommandClass.Write, Writes("staging.visits"), Reads("clinic.patients")).Rule);
        Assert.IsType<Verdict.Deny>(Judge(engine, CommandClass.Write, Writes("clinic.patients"), Reads("clinic.patients")));
        Assert.IsType<Verdict.Deny>(Judge(engine, CommandClass.Write, Writes("staging.visits"), Reads("staging.visits")));
    }

    [Theory]
    [InlineData("clinic.patients", true)]
    [InlineData("lab.results", true)]
    [InlineData("lab.secrets", false)]
    [InlineData("billing.claims", false)]
    [InlineData("Clinic.patients", false)]
    [InlineData("patients", false)]
    [InlineData("pg_catalog.pg_class", true)]
    [InlineData("information_schema.tables", true)]
    [InlineData("pg_temp_3.scratch", true)]
    [InlineData("pg_toast.pg_toast_2619", false)]
    public void A_limited_grant_opens_its_schemas_and_tables_and_the_catalogs(string relation, bool open)
    {
        var engine = Engine(Grant("g", "etl", CommandClass.Read) with { Schemas = ["clinic"], Tables = [new("lab", "results")] });

        Assert.Equal(open, Judge(engine, CommandClass.Read, Reads(relation)) is Verdict.Allow);
    }

    [Fact]
    public void A_name_without_schema_is_refused_by_a_limited_grant_with_the_remedy()
    {
        var limited = Engine(Grant("g", "etl", CommandClass.Ddl) with { Schemas = ["clinic"] });
        var unlimited = Engine(Grant("g", "etl", CommandClass.Ddl));

        var denial = Assert.IsType<Verdict.Deny>(Judge(limited, CommandClass.Ddl, Writes("visits")));

        Assert.Equal("Qualify the name with its schema.", denial.Remedy);
        Assert.IsType<Verdict.Allow>(Judge(unlimited, CommandClass.Ddl, Writes("visits")));
    }

    [Fact]
    public void A_change_that_names_no_relation_needs_a_grant_without_limits()
    {
        var limited = Engine(Grant("g", "etl", CommandClass.Write, CommandClass.Ddl) with { Schemas = ["clinic"] });
        var unlimited = Engine(Grant("g", "etl", CommandClass.Write, CommandClass.Ddl));

        Assert.IsType<Verdict.Deny>(Judge(limited, CommandClass.Ddl));
        Assert.IsType<Verdict.Deny>(Judge(limited, CommandClass.Write));
        Assert.IsType<Verdict.Allow>(limited.Judge(Etl, Command(CommandClass.Write, Effects.Notify)));
        Assert.IsType<Verdict.Allow>(Judge(unlimited, CommandClass.Ddl));
    }

    [Theory]
    [InlineData("pg_catalog.pg_authid")]
    [InlineData("information_schema.sql_features")]
    public void No_grant_opens_writing_the_catalogs(string relation)
    {
        var engine = Engine(Grant("g", "etl", CommandClass.Read, CommandClass.Write, CommandClass.Ddl));

        Assert.Equal("never-granted", Judge(engine, CommandClass.Write, Writes(relation)).Rule);
        Assert.Equal("never-granted", Judge(engine, CommandClass.Ddl, Writes(relation)).Rule);
    }

    [Fact]
    public void A_command_that_says_it_reads_but_writes_needs_the_grant_to_write()
    {
        var engine = Engine(Grant("g", "etl", CommandClass.Read));

        Assert.IsType<Verdict.Deny>(Judge(engine, CommandClass.Read, Writes("clinic.visits")));
        Assert.IsType<Verdict.Deny>(Judge(engine, CommandClass.Session, Writes("clinic.visits")));
    }

    [Fact]
    public void A_grant_of_a_view_opens_reading_what_the_view_shows_but_no_write_through_it()
    {
        var engine = Engine(Grant("g", "etl", CommandClass.Read, CommandClass.Write) with { Tables = [new("clinic", "summary")] });
        var shown = Reads("clinic.patients") with { Indirect = true };

        Assert.IsType<Verdict.Allow>(Judge(engine, CommandClass.Read, Reads("clinic.summary"), shown));
        Assert.IsType<Verdict.Deny>(Judge(engine, CommandClass.Read, Reads("clinic.other"), shown));
        Assert.IsType<Verdict.Deny>(Judge(engine, CommandClass.Read, Reads("clinic.patients")));
        Assert.IsType<Verdict.Deny>(Judge(engine, CommandClass.Write, Reads("clinic.summary"), Writes("clinic.patients") with { Indirect = true }));
    }

    [Fact]
    public void A_grant_holds_from_its_first_instant_to_before_its_last()
    {
        var start = _time.GetUtcNow().AddHours(1);
        var engine = Engine(Grant("night", "etl", CommandClass.Read) with { From = start, Until = start.AddHours(1) });

        Assert.Contains("night begins at 2026-11-21T13:00:00Z", engine.MayConnect(Etl, Target)!.Reason);
        Assert.False(IsOpen(engine, "read"));
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Null(engine.MayConnect(Etl, Target));
        Assert.True(IsOpen(engine, "read"));
        _time.Advance(TimeSpan.FromHours(1) - TimeSpan.FromTicks(1));
        Assert.True(IsOpen(engine, "read"));
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.False(IsOpen(engine, "read"));
        Assert.Contains("night ended at 2026-11-21T14:00:00Z", engine.MayConnect(Etl, Target)!.Reason);
    }

    [Fact]
    public void A_grant_of_another_target_opens_nothing_here()
    {
        var snapshot = new PolicySnapshot(
            "h",
            [new TargetPolicy(Target, PhiMap.Empty, []), new TargetPolicy("lab", PhiMap.Empty, [])],
            [Grant("g", "etl", CommandClass.Read) with { Target = "lab" }],
            []);
        var engine = new PolicyEngine(snapshot, _time);

        Assert.NotNull(engine.MayConnect(Etl, Target));
        Assert.Null(engine.MayConnect(Etl, "lab"));
    }

    [Fact]
    public void A_principal_can_be_named_by_id_or_by_name_kind_and_issuer()
    {
        Assert.True(Named(new PrincipalMatch { Id = Etl.Id }));
        Assert.True(Named(new PrincipalMatch { Name = "agent-etl" }));
        Assert.True(Named(new PrincipalMatch { Name = "agent-etl", Issuer = FakeIssuer.Name, Kind = PrincipalKind.Agent }));
        Assert.False(Named(new PrincipalMatch { Name = "agent-etl", Issuer = "https://other.example" }));
        Assert.False(Named(new PrincipalMatch { Name = "agent-etl", Kind = PrincipalKind.Human }));
        // A subject that is made to look like an id is a name all the same.
        Assert.False(Named(new PrincipalMatch { Id = "agent-etl" }));
        Assert.False(Named(new PrincipalMatch { Name = Etl.Id }));

        bool Named(PrincipalMatch match) =>
            Engine(Grant("g", "nobody", CommandClass.Read) with { Principals = [match] }).MayConnect(Etl, Target) is null;
    }

    [Fact]
    public void Denials_name_what_is_closed_and_what_to_do()
    {
        var engine = Engine(Grant("g", "etl", CommandClass.Read) with { Schemas = ["clinic"] });

        var byClass = Assert.IsType<Verdict.Deny>(Judge(engine, CommandClass.Write, Writes("clinic.visits")));
        Assert.Equal("no grant opens write on target \"clinic\" to agent-etl", byClass.Reason);
        Assert.Equal("Ask an operator of this gateway for a grant that allows write.", byClass.Remedy);

        var byRelation = Assert.IsType<Verdict.Deny>(Judge(engine, CommandClass.Read, Reads("clinic.visits"), Reads("billing.claims")));
        Assert.Equal("no grant opens read of billing.claims to agent-etl", byRelation.Reason);
    }

    [Fact]
    public void Grants_in_force_are_those_of_the_principal_now()
    {
        var engine = Engine(
            Grant("mine", "etl", CommandClass.Read),
            Grant("over", "etl", CommandClass.Read) with { Until = _time.GetUtcNow() },
            Grant("theirs", "others", CommandClass.Read));

        Assert.Equal(["mine"], engine.Current.GrantsOf(Etl, _time.GetUtcNow()).Select(g => g.Name));
    }

    private PolicyEngine Engine(params Grant[] grants) => new(Snapshot(grants), _time);

    private static Verdict Judge(PolicyEngine engine, CommandClass commandClass, params RelationUse[] relations) =>
        engine.Judge(Etl, Command(commandClass, Effects.None, relations));

    private static bool IsOpen(PolicyEngine engine, string command) => Judge(engine, command) is Verdict.Allow;

    private static Verdict Judge(PolicyEngine engine, string command) => command switch
    {
        "read" => Judge(engine, CommandClass.Read, Reads("clinic.patients")),
        "select-for-nothing" => Judge(engine, CommandClass.Read),
        "insert" => Judge(engine, CommandClass.Write, Writes("clinic.visits")),
        "write" => Judge(engine, CommandClass.Write, Writes("clinic.visits"), Reads("clinic.visits")),
        "ddl" => Judge(engine, CommandClass.Ddl, Writes("clinic.visits")),
        "create-as" => Judge(engine, CommandClass.Ddl, Writes("clinic.visits"), Reads("clinic.patients")),
        _ => Judge(engine, CommandClass.Admin),
    };
}
