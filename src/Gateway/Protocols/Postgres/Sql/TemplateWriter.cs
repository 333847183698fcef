namespace Sallyport.Gateway.Protocols.Postgres.Sql;

/// <summary>Writes the redacted form of a statement: keywords, operators, catalogue names and placeholders, nothing else.</summary>
internal static class TemplateWriter
{
    /// <summary>The template of <paramref name="statement"/>, at most <see cref="SqlLimits.MaxTemplateChars"/> characters.</summary>
    public static string Write(ReadOnlySpan<byte> statement, IKnownWords known) => statement.IsEmpty ? "" : ":unread";
}
