using System.Security.Cryptography;

namespace Sallyport.Gateway.Protocols.Postgres.Sql;

/// <summary>
/// Tells whether two statements differ in their constants only. Finer than the template that people see: every name counts, an alias too, because
/// <c>a.id = b.id</c> and <c>a.id = a.id</c> are not the same condition, and nothing is cut.
/// </summary>
internal static class PlanText
{
    private const byte EndOfToken = 0;
    private const byte Constant = 1;
    private const byte Name = 2;

    /// <summary>SHA-256 over the tokens, constants left out, comments and white space too; empty for a text that is not whole.</summary>
    public static byte[] Hash(ReadOnlySpan<byte> statement)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var lexer = new SqlLexer(statement);
        while (true)
        {
            var token = lexer.NextSignificant();
            switch (token.Kind)
            {
                case SqlTokenKind.End:
                    return hash.GetHashAndReset();
                case SqlTokenKind.Unterminated or SqlTokenKind.Stray or SqlTokenKind.OddNumber:
                    return [];
                case SqlTokenKind.Text or SqlTokenKind.EscapedText or SqlTokenKind.UnicodeText or SqlTokenKind.NationalText or SqlTokenKind.DollarText
                    or SqlTokenKind.Number or SqlTokenKind.Bits or SqlTokenKind.Hex:
                    // A number is no text: which operator is meant depends on the kind of constant.
                    hash.AppendData([Constant, token.Kind is SqlTokenKind.Number or SqlTokenKind.Bits or SqlTokenKind.Hex ? (byte)token.Kind : (byte)SqlTokenKind.Text]);
                    break;
                case SqlTokenKind.Word:
                    AppendFolded(hash, token.Of(statement));
                    break;
                default:
                    hash.AppendData([Name]);
                    hash.AppendData(token.Of(statement));
                    break;
            }

            hash.AppendData([EndOfToken]);
        }
    }

    /// <summary>Unquoted words mean the same in any case; only ASCII letters are folded, as the template does.</summary>
    private static void AppendFolded(IncrementalHash hash, ReadOnlySpan<byte> word)
    {
        var folded = word.ToArray();
        for (var at = 0; at < folded.Length; at++)
        {
            if (folded[at] is >= (byte)'A' and <= (byte)'Z')
            {
                folded[at] |= 0x20;
            }
        }

        hash.AppendData([Name]);
        hash.AppendData(folded);
    }
}
