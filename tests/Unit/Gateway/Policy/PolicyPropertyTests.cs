using FsCheck;
using FsCheck.Fluent;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Policy;
using Sallyport.Unit.Support;
using static Sallyport.Unit.Support.PolicyMaker;

namespace Sallyport.Unit.Gateway.Policy;

/// <summary>What must hold for any policy and any command, tried on a thousand small ones.</summary>
public sealed class PolicyPropertyTests
{
    private const int Tries = 1000;

    private static readonly Principal Etl = Agent("etl");

    private static readonly Gen<RelationUse> Uses =
        from schema in Gen.Elements("clinic", "lab", "", "pg_catalog", "pg_temp_1")
        from name in Gen.Elements("patients", "visits")
        from access in Gen.Elements(RelationAccess.Read, RelationAccess.Write)
        from indirect in Gen.Elements(true, false)
        select new RelationUse(schema, name, access, indirect);

    private static readonly Gen<Command> Commands =
        from commandClass in Gen.Elements(Enum.GetValues<CommandClass>())
        from effects in Gen.Choose(0, (1 << 16) - 1)
        from unbounded in Gen.Elements(true, false)
        from touches in Gen.Elements(true, false)
        from uses in Uses.ListOf()
        select Command(commandClass, (Effects)effects, [.. uses.Take(4)]) with { Unbounded = unbounded, TouchesPhi = touches };

    private static readonly Gen<Grant> Grants =
        from number in Gen.Choose(0, 1_000_000)
        from mine in Gen.Frequency((3, Gen.Constant(true)), (1, Gen.Constant(false)))
        from allow in Gen.SubListOf(CommandClass.Read, CommandClass.Write, CommandClass.Ddl)
        from schemas in Gen.SubListOf("clinic", "lab")
        from tables in Gen.SubListOf(new RelationName("clinic", "visits"), new RelationName("lab", "patients"))
        from hours in Gen.Choose(-2, 2)
        select new Grant
        {
            Name = $"g{number}",
            Target = Target,
            Groups = [mine ? "etl" : "others"],
            Allow = [.. allow],
            Schemas = [.. schemas],
            Tables = [.. tables],
            Until = new ManualTime().GetUtcNow().AddHours(hours),
        };

    private static readonly Gen<Rule> Rules =
        from number in Gen.Choose(0, 1_000_000)
        from decision in Gen.Elements(Enum.GetValues<RuleDecision>())
        from classes in Gen.SubListOf(Enum.GetValues<CommandClass>())
        from effects in Gen.Choose(0, (1 << 16) - 1)
        from anyEffect in Gen.Elements(true, false)
        from schemas in Gen.SubListOf("clinic", "lab")
        from phi in Gen.Elements<bool?>(null, true, false)
        select new Rule
        {
            Name = $"r{number}",
            Decision = decision,
            Approvers = ["officers"],
            Match = new RuleMatch { Classes = [.. classes], Effects = anyEffect ? Effects.None : (Effects)effects, Schemas = [.. schemas], Phi = phi },
        };

    private static readonly Gen<(IList<Grant> Grants, IList<Rule> Rules, Command Command)> Cases =
        from grants in Grants.ListOf()
        from rules in Rules.ListOf()
        from command in Commands
        select ((IList<Grant>)[.. grants.Take(5)], (IList<Rule>)[.. rules.Take(5)], command);

    [Fact]
    public void Without_a_grant_of_ones_own_in_force_nothing_is_allowed_whatever_the_rules_say() => ForAll(c =>
    {
        var foreign = c.Grants.Select((g, i) => i % 2 == 0 ? g with { Groups = ["others"] } : g with { Until = new ManualTime().GetUtcNow() });
        return Judge(foreign, c.Rules, c.Command) is Verdict.Deny;
    });

    [Fact]
    public void What_is_allowed_or_asked_is_covered_by_grants_relation_by_relation() => ForAll(c =>
    {
        if (Judge(c.Grants, c.Rules, c.Command) is Verdict.Deny)
        {
            return true;
        }
        var mine = c.Grants.Where(g => g.Groups.Contains("etl") && g.HoldsAt(new ManualTime().GetUtcNow())).ToList();
        var opensClass = c.Command.Class == CommandClass.Session || mine.Any(g => g.Allow.Contains(c.Command.Class));
        return mine.Count > 0 && opensClass && c.Command.Class != CommandClass.Admin && c.Command.Relations.All(u => IsCovered(u, c.Command, mine));
    });

    [Fact]
    public void Another_grant_never_closes_anything() => ForAll(c =>
        Judge(c.Grants, [], c.Command) is not Verdict.Allow
        || Judge([Grant("more", "etl", CommandClass.Read), .. c.Grants], [], c.Command) is Verdict.Allow);

    [Fact]
    public void A_denial_put_first_for_everything_denies_everything_but_session_control() => ForAll(c =>
        Judge(c.Grants, [new Rule { Name = "stop", Match = new RuleMatch(), Decision = RuleDecision.Deny }, .. c.Rules], c.Command) is Verdict.Deny
        || c.Command.Class == CommandClass.Session);

    /// <summary>The grant check once more, in the plainest words: one relation is open if one grant opens its class there.</summary>
    private static bool IsCovered(RelationUse use, Command command, List<Grant> grants)
    {
        var needed = use.Access == RelationAccess.Read ? CommandClass.Read : command.Class == CommandClass.Ddl ? CommandClass.Ddl : CommandClass.Write;
        if (use.Indirect && use.Access == RelationAccess.Read)
        {
            return true;
        }
        if (use.Schema == "pg_catalog" && needed != CommandClass.Read)
        {
            return false;
        }
        return grants.Any(g => g.Allow.Contains(needed)
            && (!g.IsLimited
                || use.Schema is "pg_catalog" or "pg_temp_1"
                || g.Schemas.Contains(use.Schema)
                || g.Tables.Contains(new RelationName(use.Schema, use.Name))));
    }

    private static Verdict Judge(IEnumerable<Grant> grants, IEnumerable<Rule> rules, Command command) =>
        new PolicyEngine(Snapshot(grants, rules), new ManualTime()).Judge(Etl, command);

    private static void ForAll(Func<(IList<Grant> Grants, IList<Rule> Rules, Command Command), bool> property) =>
        Prop.ForAll(Arb.From(Cases), property).Check(Config.QuickThrowOnFailure.WithMaxTest(Tries));
}
