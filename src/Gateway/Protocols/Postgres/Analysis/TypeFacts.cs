using System.Collections.Immutable;

namespace Sallyport.Gateway.Protocols.Postgres.Analysis;

/// <summary>What the target's catalogue says of one data type.</summary>
/// <param name="Oid">OID in <c>pg_type</c>.</param>
/// <param name="Schema">Schema's name.</param>
/// <param name="Name">Name as stored.</param>
/// <param name="Kind">How its values are built.</param>
/// <param name="Category"><c>pg_type.typcategory</c>: <c>S</c> for strings, <c>N</c> for numbers, <c>U</c> for user-defined.</param>
public sealed record TypeFacts(uint Oid, string Schema, string Name, TypeKind Kind, char Category)
{
    /// <summary>An array's element type; 0 for others.</summary>
    public uint ElementOid { get; init; }

    /// <summary>What stands between the elements of an array of this type in text format.</summary>
    public char Delimiter { get; init; } = ',';

    /// <summary>A domain's base type (which may be a domain itself); 0 for others.</summary>
    public uint BaseOid { get; init; }

    /// <summary>A domain's modifier of its base type, -1 for none.</summary>
    public int BaseModifier { get; init; } = -1;

    /// <summary>A range's bound type; 0 for others.</summary>
    public uint SubtypeOid { get; init; }

    /// <summary>A multirange's range type; 0 for others.</summary>
    public uint RangeOid { get; init; }

    /// <summary>The first label of an enum in its sort order; null for others and for an enum without labels.</summary>
    public string? FirstLabel { get; init; }

    /// <summary>A composite type's attributes in the order its values carry them, dropped ones left out.</summary>
    public ImmutableArray<TypeAttribute> Attributes { get; init; } = [];

    /// <summary>The extension that made it, or null.</summary>
    public string? Extension { get; init; }

    /// <summary>
    /// Whether its text and binary formats are the text itself, so that any valid text is a valid value: the string types of the server,
    /// and citext. An enum or a domain with conditions is not.
    /// </summary>
    public bool IsTextLike => Kind == TypeKind.Base && Category == 'S' && (Oid < TargetCatalog.FirstNormalOid || Extension is "citext");
}

/// <summary>How the values of a type are built.</summary>
public enum TypeKind
{
    Base,
    Array,
    Domain,
    Enum,
    Composite,
    Range,
    Multirange,
    Pseudo,
}

/// <summary>One attribute of a composite type.</summary>
/// <param name="Name">Its name.</param>
/// <param name="TypeOid">Its type, which may be a domain.</param>
/// <param name="Modifier">Its type modifier, -1 for none.</param>
public readonly record struct TypeAttribute(string Name, uint TypeOid, int Modifier);
