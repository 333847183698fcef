using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Policy;
using Sallyport.Unit.Support;
using static Sallyport.Unit.Support.PolicyMaker;

namespace Sallyport.Unit.Gateway.Policy;

/// <summary>Which requests are taken, and what a refusal tells to run.</summary>
public sealed class AccessRuleTests
{
    private static readonly Principal Etl = Agent("etl");

    /// <summary>Saturday, noon.</summary>
    private static readonly DateTimeOffset Now = new ManualTime().GetUtcNow();

    private static readonly AccessRule Reads = new()
    {
        Name = "reads",
        Groups = ["etl"],
        Targets = [Target],
        Most = new AccessScope { Allow = [CommandClass.Read], Schemas = ["clinic"], Tables = [new RelationName("lab", "results")], Unmasked = ["clinic.patients.mrn"] },
        Approvers = [["officers"]],
        MaxLength = TimeSpan.FromHours(4),
    };

    [Theory]
    [InlineData("read", "clinic", "", 4, null)]
    [InlineData("read", "", "lab.results clinic.patients", 1, null)]
    [InlineData("read", "", "lab.orders", 1, "rule reads does not reach lab.orders")]
    [InlineData("read", "lab", "", 1, "rule reads does not reach lab")]
    [InlineData("read", "", "", 1, "rule reads does not reach the whole database")]
    [InlineData("write", "clinic", "", 1, "rule reads gives read, not write")]
    [InlineData("read", "clinic", "", 5, "rule reads gives at most 4h")]
    public void It_takes_what_lies_within_it(string allow, string schemas, string tables, int hours, string? refusal) =>
        Assert.Equal(refusal, Reads.Refusal(Ask(allow, schemas, tables, hours), Now));

    [Fact]
    public void A_column_may_be_shown_only_where_the_rule_says_so()
    {
        var ask = Ask("read", "clinic", "", 1);
        Assert.Null(Reads.Refusal(ask with { Scope = ask.Scope with { Unmasked = ["clinic.patients.mrn"] } }, Now));
        Assert.Equal("rule reads does not show clinic.patients.ssn unmasked", Reads.Refusal(ask with { Scope = ask.Scope with { Unmasked = ["clinic.patients.ssn"] } }, Now));
    }

    [Fact]
    public void A_rule_without_people_shows_nothing_and_another_rule_may_ask_more_of_them_for_it()
    {
        var ask = Ask("read", "clinic", "", 1);
        var shown = ask with { Scope = ask.Scope with { Unmasked = ["clinic.patients.mrn"] } };
        Assert.Equal("rule reads gives without a person, and only people show columns unmasked", (Reads with { IsAutomatic = true }).Refusal(shown, Now));
        var rules = new AccessRules
        {
            Rules = [Reads with { Most = Reads.Most with { Unmasked = [] } }, Reads with { Name = "unmasked", Quorum = 3 }],
        };
        Assert.Equal("reads", rules.Find(Etl, ask, Now, out _)?.Name);
        Assert.Equal("unmasked", rules.Find(Etl, shown, Now, out _)?.Name);
    }

    [Fact]
    public void The_first_rule_that_takes_it_is_found_and_strangers_learn_nothing()
    {
        var rules = new AccessRules { Rules = [Reads with { Name = "short", MaxLength = TimeSpan.FromMinutes(10) }, Reads] };
        Assert.Equal("reads", rules.Find(Etl, Ask("read", "clinic", "", 1), Now, out _)?.Name);
        Assert.Equal("short", rules.Find(Etl, Ask("read", "clinic", "", 0) with { Length = TimeSpan.FromMinutes(5) }, Now, out _)?.Name);
        Assert.Null(rules.Find(Etl, Ask("write", "clinic", "", 1), Now, out var refusal));
        Assert.Equal("rule short gives read, not write; rule reads gives read, not write", refusal);
        Assert.Null(rules.Find(Agent("others"), Ask("read", "clinic", "", 1), Now, out var toStranger));
        Assert.Null(rules.Find(Agent("others"), Ask("read", "clinic", "", 1) with { Target = "no-such" }, Now, out var ofNothing));
        Assert.Equal(toStranger.Replace("clinic", "no-such", StringComparison.Ordinal), ofNothing);
    }

    [Theory]
    [InlineData("2026-11-20T08:00:00Z", "2026-11-20T17:00:00Z")]
    [InlineData("2026-11-20T16:59:59Z", "2026-11-20T17:00:00Z")]
    [InlineData("2026-11-20T17:00:00Z", null)]
    [InlineData("2026-11-20T06:59:59Z", null)]
    [InlineData("2026-11-21T12:00:00Z", null)] // a Saturday
    [InlineData("2026-07-01T06:00:00Z", "2026-07-01T16:00:00Z")] // in summer
    public void Hours_follow_the_clock_of_their_place(string instant, string? end)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");
        var hours = new AccessHours([DayOfWeek.Monday, DayOfWeek.Wednesday, DayOfWeek.Friday], new TimeOnly(8, 0), new TimeOnly(18, 0), zone);
        Assert.Equal(end is null ? null : DateTimeOffset.Parse(end, null), hours.EndOfWindow(DateTimeOffset.Parse(instant, null)));
    }

    [Theory]
    [InlineData("2026-11-20T23:00:00Z", "2026-11-21T06:00:00Z")]
    [InlineData("2026-11-21T05:00:00Z", "2026-11-21T06:00:00Z")]
    [InlineData("2026-11-21T23:00:00Z", null)]
    public void A_night_belongs_to_the_day_it_begins_on(string instant, string? end)
    {
        var hours = new AccessHours([DayOfWeek.Friday], new TimeOnly(22, 0), new TimeOnly(6, 0), TimeZoneInfo.Utc);
        Assert.Equal(end is null ? null : DateTimeOffset.Parse(end, null), hours.EndOfWindow(DateTimeOffset.Parse(instant, null)));
    }

    [Fact]
    public void Outside_of_its_hours_a_rule_takes_nothing_and_what_it_gives_ends_with_them()
    {
        var rule = Reads with { Hours = new AccessHours([DayOfWeek.Saturday], new TimeOnly(8, 0), new TimeOnly(13, 0), TimeZoneInfo.Utc) };
        Assert.Null(rule.Refusal(Ask("read", "clinic", "", 4), Now));
        Assert.Equal(Now.AddHours(1), rule.Cut(Now, Now.AddHours(4)));
        Assert.Equal("rule reads is not in force at this time", rule.Refusal(Ask("read", "clinic", "", 1), Now.AddHours(2)));
        Assert.Equal("rule reads is not in force at this time", rule.Refusal(Ask("read", "clinic", "", 1) with { From = Now.AddHours(2) }, Now));
    }

    [Fact]
    public void A_refusal_carries_the_line_that_asks_for_exactly_what_is_closed()
    {
        var engine = Engine();
        var deny = Assert.IsType<Verdict.Deny>(engine.Judge(Etl, Command(CommandClass.Read, Effects.None, PolicyMaker.Reads("clinic.encounters"), PolicyMaker.Reads("open.things"))));
        Assert.Equal("Ask for it: sallyport access request --target clinic --allow read --tables clinic.encounters --for 2h --reason \"...\"", deny.Remedy);
        Assert.Equal((Target, TimeSpan.FromHours(2)), (deny.Access!.Target, deny.Access.Length));
        Assert.Equal([CommandClass.Read], deny.Access.Scope.Allow);
        Assert.Equal([new RelationName("clinic", "encounters")], deny.Access.Scope.Tables);
    }

    [Fact]
    public void Who_cannot_come_in_is_told_what_the_first_rule_gives()
    {
        var deny = new PolicyEngine(Snapshot([]), new ManualTime()).MayConnect(Etl, Target)!;
        Assert.DoesNotContain("sallyport access", deny.Remedy);
        Assert.Null(deny.Access);
        deny = Engine(standing: false).MayConnect(Etl, Target)!;
        Assert.Equal("Ask for it: sallyport access request --target clinic --allow read --schemas clinic --tables lab.results --for 2h --reason \"...\"", deny.Remedy);
    }

    [Fact]
    public void No_line_is_shown_that_would_be_refused()
    {
        var deny = Assert.IsType<Verdict.Deny>(Engine().Judge(Etl, Command(CommandClass.Write, Effects.Update, Writes("clinic.encounters"))));
        Assert.DoesNotContain("sallyport", deny.Remedy);
        deny = Assert.IsType<Verdict.Deny>(Engine().Judge(Etl, Command(CommandClass.Read, Effects.None, PolicyMaker.Reads("secret.things"))));
        Assert.DoesNotContain("sallyport", deny.Remedy);
        deny = Engine().MayConnect(Agent("others"), Target)!;
        Assert.DoesNotContain("sallyport", deny.Remedy);
    }

    [Fact]
    public void Names_that_a_shell_would_act_on_are_quoted()
    {
        var deny = Assert.IsType<Verdict.Deny>(Engine().Judge(Etl, Command(CommandClass.Read, Effects.None, new RelationUse("clinic", "x; rm -rf '~'", RelationAccess.Read))));
        Assert.Contains(@"--tables 'clinic.x; rm -rf '\''~'\''' --for", deny.Remedy);
        deny = Assert.IsType<Verdict.Deny>(Engine().Judge(Etl, Command(CommandClass.Read, Effects.None, new RelationUse("clinic", "x\u001b[2J", RelationAccess.Read))));
        Assert.DoesNotContain("sallyport", deny.Remedy);
        Assert.Null(deny.Access);
        // What a line could not spell, a call still can.
        deny = Assert.IsType<Verdict.Deny>(Engine().Judge(Etl, Command(CommandClass.Read, Effects.None, new RelationUse("clinic", "a,b", RelationAccess.Read))));
        Assert.DoesNotContain("sallyport", deny.Remedy);
        Assert.Equal("a,b", Assert.Single(deny.Access!.Scope.Tables).Name);
    }

    private static AccessAsk Ask(string allow, string schemas, string tables, int hours) => new()
    {
        Target = Target,
        Scope = new AccessScope
        {
            Allow = [Enum.Parse<CommandClass>(allow, ignoreCase: true)],
            Schemas = [.. schemas.Split(' ', StringSplitOptions.RemoveEmptyEntries)],
            Tables = [.. tables.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(t => new RelationName(t.Split('.')[0], t.Split('.')[1]))],
        },
        Length = TimeSpan.FromHours(hours),
    };

    private static PolicyEngine Engine(bool standing = true)
    {
        var grant = Grant("standing", "etl", CommandClass.Read) with { Schemas = ["open"] };
        var policy = new PolicySnapshot("h", [new TargetPolicy(Target, PhiMap.Empty, [])], standing ? [grant] : [], []) { Access = new AccessRules { Rules = [Reads] } };
        return new PolicyEngine(policy, new ManualTime());
    }
}
