namespace Sallyport.Gateway.Protocols.Postgres.Sql;

/// <summary>A relation as a utility statement names it, folded and unquoted.</summary>
/// <param name="Schema">Empty when the statement left it to the search path.</param>
internal readonly record struct NamedRelation(string Schema, string Name)
{
    /// <summary>The name as SQL, quoted, fit for <c>to_regclass</c> and for a probe.</summary>
    public string Sql => Schema.Length == 0 ? Quote(Name) : $"{Quote(Schema)}.{Quote(Name)}";

    public static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
