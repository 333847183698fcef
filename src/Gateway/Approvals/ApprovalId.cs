using System.Buffers;
using System.Security.Cryptography;

namespace Sallyport.Gateway.Approvals;

/// <summary>Names of approvals: short enough to read out, random enough (50 bits) not to be met by chance.</summary>
public static class ApprovalId
{
    public const string Prefix = "apr_";

    /// <summary>Characters after the prefix.</summary>
    public const int Length = 10;

    // Crockford's base 32: no I, L, O and U.
    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    private static readonly SearchValues<char> Letters = SearchValues.Create(Alphabet);

    public static string Create() => Prefix + RandomNumberGenerator.GetString(Alphabet, Length);

    /// <summary>Whether <paramref name="text"/> has the form of an approval's name.</summary>
    public static bool IsWellFormed(string text) =>
        text.Length == Prefix.Length + Length
        && text.StartsWith(Prefix, StringComparison.Ordinal)
        && text.AsSpan(Prefix.Length).IndexOfAnyExcept(Letters) < 0;
}
