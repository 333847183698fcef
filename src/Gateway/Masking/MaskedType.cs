namespace Sallyport.Gateway.Masking;

/// <summary>The PostgreSQL type of a masked result column, as RowDescription tells it.</summary>
/// <param name="Oid">Type OID; domains come as their base type.</param>
/// <param name="Modifier">Type modifier, -1 for none.</param>
/// <param name="IsBinary">Whether values come in binary format.</param>
/// <param name="IsTextLike">Whether the catalogue puts a type that is not built in into the string category (<c>citext</c>).</param>
public readonly record struct MaskedType(uint Oid, int Modifier, bool IsBinary, bool IsTextLike = false);
