namespace Sallyport.Gateway.Protocols.Postgres.Sql;

/// <summary>The names in a target's catalogue: schemas, relations, columns, functions, types.</summary>
internal interface IKnownWords
{
    /// <summary>Whether a name is in the catalogue.</summary>
    /// <param name="lowerCased">UTF-8, ASCII letters lower-cased.</param>
    bool Contains(ReadOnlySpan<byte> lowerCased);
}
