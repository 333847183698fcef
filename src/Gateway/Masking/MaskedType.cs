namespace Sallyport.Gateway.Masking;

/// <summary>The PostgreSQL type of a masked result column, as RowDescription tells it.</summary>
/// <param name="Oid">Type OID; domains come as their base type.</param>
/// <param name="Modifier">Type modifier, -1 for none.</param>
/// <param name="IsBinary">Whether values come in binary format.</param>
/// <param name="IsTextLike">Whether any text is a value of the type, in both formats, as it is for <c>citext</c>.</param>
public readonly record struct MaskedType(uint Oid, int Modifier, bool IsBinary, bool IsTextLike = false)
{
    /// <summary>How the catalogue says that the type is built.</summary>
    public TypeShape Shape { get; init; }

    /// <summary>The element type of an array, else 0.</summary>
    public uint ElementOid { get; init; }

    /// <summary>The labels of an enum, else null.</summary>
    public IReadOnlyCollection<string>? Labels { get; init; }
}

/// <summary>How a type is built, as far as a constant of it can be made without knowing more.</summary>
public enum TypeShape
{
    /// <summary>A base type, a composite, or one nothing is known of.</summary>
    Other,

    Array,
    Enum,
    Range,
    Multirange,
}
