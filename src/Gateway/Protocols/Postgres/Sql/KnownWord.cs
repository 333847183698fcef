namespace Sallyport.Gateway.Protocols.Postgres.Sql;

/// <summary>Whether a name is in the target's catalogue: a schema, relation, column, function or type.</summary>
/// <param name="lowerCased">UTF-8, ASCII letters lower-cased.</param>
internal delegate bool KnownWord(ReadOnlySpan<byte> lowerCased);
