using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Catalog;

/// <summary>A stored column that holds PHI: what an identity value is the value of.</summary>
internal sealed class TaggedSource(string schema, string table, string column, string tag, bool maskIsConstant, PredicateLevel predicates = PredicateLevel.Equality)
{
    public string Tag { get; } = tag;

    /// <summary>Whether the tag's mask is the same for every value.</summary>
    public bool MaskIsConstant { get; } = maskIsConstant;

    /// <summary>How far its values may be used in conditions.</summary>
    public PredicateLevel Predicates { get; } = predicates;

    public string Column { get; } = column;

    /// <summary><c>schema.table.column</c>, as the policy spells it: parts quoted where needed.</summary>
    public string FullName { get; private init; } = QualifiedName.Join(schema, table, column);

    /// <summary>The name under which the configuration lists this very column; null where it is only treated like a listed one, or unlike any.</summary>
    public string? ListedAs { get; init; }

    /// <summary>The result of a function, named <c>schema.function()</c>.</summary>
    public static TaggedSource OfFunction(string schema, string name) =>
        new(schema, name, "()", ReservedTags.Function, maskIsConstant: false) { FullName = $"{schema}.{name}()" };
}
