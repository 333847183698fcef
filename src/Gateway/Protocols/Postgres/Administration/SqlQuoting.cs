namespace Sallyport.Gateway.Protocols.Postgres.Administration;

/// <summary>Names and texts as SQL literals of a session with <c>standard_conforming_strings</c> on.</summary>
internal static class SqlQuoting
{
    /// <exception cref="ArgumentException">The name holds a zero byte or is empty, which no PostgreSQL name does.</exception>
    public static string Name(string name) => name.Length > 0 && !name.Contains('\0')
        ? $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\""
        : throw new ArgumentException("That cannot be a name.", nameof(name));

    public static string Name(string schema, string name) => $"{Name(schema)}.{Name(name)}";

    public static string Text(string text) => !text.Contains('\0')
        ? $"'{text.Replace("'", "''", StringComparison.Ordinal)}'"
        : throw new ArgumentException("That cannot be a text.", nameof(text));

    public static string Names(IEnumerable<string> names) => string.Join(", ", names.Select(Name));
}
