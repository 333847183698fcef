using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Masking;
using Sallyport.Gateway.Policy;

namespace Sallyport.Unit.Support;

/// <summary>Short ways to principals, commands and policies, all about the target "clinic".</summary>
internal static class PolicyMaker
{
    public const string Target = "clinic";

    public static Principal Agent(params string[] groups) => Caller(PrincipalKind.Agent, "agent-etl", groups);

    public static Principal Human(string subject, params string[] groups) => Caller(PrincipalKind.Human, subject, groups);

    public static Command Command(CommandClass commandClass, Effects effects = Effects.None, params RelationUse[] relations) => new()
    {
        Target = Target,
        Class = commandClass,
        Effects = effects,
        Relations = [.. relations],
        Template = "",
    };

    public static RelationUse Reads(string name) => Use(name, RelationAccess.Read);

    public static RelationUse Writes(string name) => Use(name, RelationAccess.Write);

    public static Grant Grant(string name, string group, params CommandClass[] allow) =>
        new() { Name = name, Target = Target, Groups = [group], Allow = [.. allow] };

    public static PhiMap Phi(params string[] columns) => new(
        columns.Select(c => c.Split('.', ' ')).Select(p => new PhiColumn(p[0], p[1], p[2], p[3])),
        new Dictionary<string, MaskOperator> { ["MRN"] = new MaskOperator.Token() },
        new MaskOperator.Redact());

    public static PolicySnapshot Snapshot(IEnumerable<Grant> grants, IEnumerable<Rule>? rules = null, PhiMap? phi = null, string hash = "h") =>
        new(hash, [new TargetPolicy(Target, phi ?? PhiMap.Empty, [])], grants, rules ?? []);

    private static RelationUse Use(string name, RelationAccess access)
    {
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        return dot < 0 ? new RelationUse("", name, access) : new RelationUse(name[..dot], name[(dot + 1)..], access);
    }

    private static Principal Caller(PrincipalKind kind, string name, string[] groups) => new()
    {
        Kind = kind,
        Id = $"p_{kind}_{name}",
        Issuer = FakeIssuer.Name,
        Subject = name,
        Name = name,
        Groups = groups,
        ExpiresAt = DateTimeOffset.MaxValue,
    };
}
