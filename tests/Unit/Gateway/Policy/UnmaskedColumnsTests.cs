using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Policy;
using Sallyport.Unit.Support;
using static Sallyport.Unit.Support.PolicyMaker;

namespace Sallyport.Unit.Gateway.Policy;

/// <summary>Which tagged columns a principal gets as they are stored, and that nothing remembered outlives the grant that shows them.</summary>
public sealed class UnmaskedColumnsTests
{
    private const string Mrn = "clinic.patients.mrn";

    private static readonly Principal Etl = Agent("etl");

    private readonly ManualTime _time = new();

    [Fact]
    public void They_are_those_of_the_grants_a_principal_has_now()
    {
        var engine = Engine(Showing("nurses", "nurses"));
        Assert.True(engine.UnmaskedOf(Etl, Target).IsEmpty);
        Assert.Equal("nurses", engine.UnmaskedOf(Agent("nurses"), Target).GrantFor(Mrn));

        engine.Grant([Asked("gr_1")]);
        Assert.Equal("gr_1", engine.UnmaskedOf(Etl, Target).GrantFor(Mrn));
        Assert.Null(engine.UnmaskedOf(Etl, Target).GrantFor("clinic.patients.name"));
        Assert.True(engine.UnmaskedOf(Etl, "elsewhere").IsEmpty);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.True(engine.UnmaskedOf(Etl, Target).IsEmpty);
    }

    [Fact]
    public void A_grant_shows_only_what_it_opens_for_reading_and_what_has_a_tag()
    {
        Assert.True(Engine(Showing("g", "etl") with { Allow = [CommandClass.Write] }).UnmaskedOf(Etl, Target).IsEmpty);
        Assert.True(Engine(Showing("g", "etl") with { Schemas = ["lab"] }).UnmaskedOf(Etl, Target).IsEmpty);
        Assert.True(Engine(Showing("g", "etl") with { Never = [Mrn] }).UnmaskedOf(Etl, Target).IsEmpty);
        Assert.True(Engine(Showing("g", "etl") with { Unmasked = ["clinic.patients.zip"] }).UnmaskedOf(Etl, Target).IsEmpty);
    }

    [Fact]
    public void Two_are_equal_when_the_same_grants_show_the_same()
    {
        UnmaskedColumns one = new([new(Mrn, "a")]);
        Assert.Equal(one, new UnmaskedColumns([new(Mrn, "a"), new(Mrn, "b")]));
        Assert.NotEqual(one, new UnmaskedColumns([new(Mrn, "b")]));
        Assert.NotEqual(one, UnmaskedColumns.None);
        Assert.NotEqual(one, new UnmaskedColumns([new(Mrn, "a"), new("clinic.patients.name", "a")]));
    }

    [Fact]
    public void A_command_that_reads_in_clear_runs_only_for_whom_its_grant_shows_the_column_and_only_so_long()
    {
        var engine = Engine(Grant("standing", "etl", CommandClass.Read), Grant("others", "others", CommandClass.Read));
        engine.Grant([Asked("gr_1")]);
        var command = Command(CommandClass.Read, Effects.None, Reads("clinic.patients")) with { PhiColumns = [Mrn], Unmasked = [new(Mrn, "gr_1")], TouchesPhi = true };

        // What the configuration opens is recorded as a use of the grant that shows the column.
        var allowed = Assert.IsType<Verdict.Allow>(engine.Judge(Etl, command));
        Assert.Equal(("grant:gr_1", "gr_1"), (allowed.Rule, allowed.Grant));
        Assert.Equal("grant:standing", engine.Judge(Etl, command with { Unmasked = [] }).Rule);
        Refused(engine, Human("other", "others"), command);
        Refused(engine, Etl, command with { Unmasked = [new(Mrn, "gr_2")] });
        Refused(engine, Etl, command with { Unmasked = [new(Mrn, "gr_1"), new("clinic.patients.name", "gr_1")] });

        engine.Grant([]);
        Refused(engine, Etl, command);
        engine.Grant([Asked("gr_1")]);
        _time.Advance(TimeSpan.FromHours(1));
        Refused(engine, Etl, command);
    }

    private static void Refused(PolicyEngine engine, Principal principal, Command command) =>
        Assert.Contains("unmasked", Assert.IsType<Verdict.Deny>(engine.Judge(principal, command)).Reason);

    private PolicyEngine Engine(params Grant[] grants) => new(Snapshot(grants, phi: Phi($"{Mrn} MRN", "clinic.patients.name NAME")), _time);

    private static Grant Showing(string name, string group) => Grant(name, group, CommandClass.Read) with { Unmasked = [Mrn] };

    private Grant Asked(string id) => new()
    {
        Name = id,
        Target = Target,
        Principals = [new PrincipalMatch { Id = Etl.Id }],
        Allow = [CommandClass.Read],
        Unmasked = [Mrn],
        From = _time.GetUtcNow(),
        Until = _time.GetUtcNow() + TimeSpan.FromHours(1),
        Origin = GrantOrigin.Request,
        RequestId = "req_1",
    };
}
