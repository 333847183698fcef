using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Protocols.Postgres.Sql.Statements;

/// <summary>The statements that never pass, why, and what to do instead. docs/reference/sql.md lists the rules.</summary>
internal static class Refusals
{
    private static readonly string[] FunctionKinds =
        ["function", "procedure", "trigger", "rule", "operator", "cast", "aggregate", "event", "extension", "language", "transform", "conversion", "access", "assertion"];

    private static readonly string[] AccessKinds = ["role", "user", "group", "policy", "default", "large"];

    /// <summary>Installs or runs code the server's query tree does not show.</summary>
    public static StatementForm.Refused Code(string keyword, Effects effects = Effects.None) => new(
        CommandClass.Admin,
        effects,
        keyword,
        "runs-code",
        $"{keyword} installs or runs code whose effects cannot be seen beforehand.",
        "Send the plain statements instead, or have an operator run it on the server.");

    /// <summary>Changes who may do what.</summary>
    public static StatementForm.Refused Access(string keyword, Effects effects = Effects.None) => new(
        CommandClass.Admin,
        effects,
        keyword,
        "access-rights",
        $"{keyword} changes access rights.",
        "Have an operator change them on the server.");

    /// <summary>Acts on the server, its files, or its links to other servers.</summary>
    public static StatementForm.Refused Administration(string keyword, Effects effects = Effects.None) => new(
        CommandClass.Admin,
        effects,
        keyword,
        "server-administration",
        $"{keyword} administers the server rather than its data.",
        "Have an operator run it on the server.");

    /// <summary>Two-phase commit: its transactions outlive the session, and their names can be read by others.</summary>
    public static StatementForm.Refused TwoPhase(string keyword) => new(
        CommandClass.Admin,
        Effects.None,
        keyword,
        "two-phase-commit",
        $"{keyword} leaves a transaction behind that no session owns.",
        "Use BEGIN and COMMIT.");

    /// <summary>A change of schema beyond the plain forms the gateway can follow.</summary>
    public static StatementForm.Refused Schema(string keyword, string reason, string remedy, Effects effects = Effects.Alter) =>
        new(CommandClass.Ddl, effects, keyword, "schema-change", reason, remedy);

    /// <summary>An expression stored in the schema, which would be evaluated over rows later.</summary>
    public static StatementForm.Refused StoredExpression(string keyword, Effects effects) => Schema(
        keyword,
        $"{keyword} with an expression (CHECK, EXCLUDE, GENERATED AS, a computed default or index, WHERE) is evaluated over stored values.",
        "Use plain columns, keys and constant defaults, or have an operator run it on the server.",
        effects);

    public static StatementForm.Refused Copy(string rule, string reason, string remedy) =>
        new(CommandClass.Admin, Effects.None, "COPY", rule, reason, remedy);

    /// <summary>A cursor, prepared or explained statement whose inner statement is not a plain query or DML.</summary>
    public static StatementForm.Refused Inner(string keyword) => new(
        CommandClass.Admin,
        Effects.None,
        keyword,
        "inner-statement",
        $"{keyword} may only hold a query, INSERT, UPDATE, DELETE or MERGE.",
        "Write the query itself.");

    public static StatementForm.Refused Arguments() => new(
        CommandClass.Admin,
        Effects.None,
        "EXECUTE",
        "computed-argument",
        "EXECUTE takes only constants and parameters as arguments.",
        "Pass the value itself, or run the query directly.");

    /// <summary>A statement kind refused whatever follows its first words; null when the words are not known at all.</summary>
    /// <param name="verb">First word: create, alter or drop.</param>
    /// <param name="kind">Word for the kind of object.</param>
    public static StatementForm.Refused? OfObject(string verb, string kind, Effects effects)
    {
        var keyword = $"{verb} {kind}".ToUpperInvariant();
        return kind switch
        {
            _ when FunctionKinds.Contains(kind) => Code(keyword, effects),
            _ when AccessKinds.Contains(kind) => Access(keyword, effects),
            "system" or "database" or "tablespace" or "server" or "foreign" or "publication" or "subscription" or "owned" => Administration(keyword, effects),
            "materialized" => Schema(
                "MATERIALIZED VIEW",
                "A materialized view is a copy of data whose tags the gateway cannot follow when it is refreshed.",
                "Create a plain view, or CREATE TABLE AS for a one-off copy of untagged data.",
                effects),
            "type" or "domain" or "statistics" or "collation" or "text" or "view" or "index" or "schema" or "sequence" or "table" or "routine" => Schema(
                keyword,
                $"This form of {keyword} is not one the gateway can follow.",
                "Have an operator run it on the server.",
                effects),
            _ => null,
        };
    }
}
