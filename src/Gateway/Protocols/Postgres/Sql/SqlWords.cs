using System.Text;

namespace Sallyport.Gateway.Protocols.Postgres.Sql;

/// <summary>Comparing and decoding the words of SQL.</summary>
internal static class SqlWords
{
    /// <summary>Whether an unquoted word is this keyword. Keywords fold ASCII letters only.</summary>
    /// <param name="word">The word as written.</param>
    /// <param name="keyword">Lower-case ASCII.</param>
    public static bool Is(ReadOnlySpan<byte> word, ReadOnlySpan<char> keyword) => Ascii.EqualsIgnoreCase(word, keyword);
}
