using System.Buffers;
using System.Security.Cryptography;

namespace Sallyport.Gateway.Approvals;

/// <summary>Names of what people decide about: short enough to read out, random enough (50 bits) not to be met by chance.</summary>
public static class ReadableId
{
    /// <summary>Characters after the prefix.</summary>
    public const int Length = 10;

    // Crockford's base 32: no I, L, O and U.
    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    private static readonly SearchValues<char> Letters = SearchValues.Create(Alphabet);

    public static string Create(string prefix) => prefix + RandomNumberGenerator.GetString(Alphabet, Length);

    /// <summary>Whether <paramref name="text"/> has the form of such a name.</summary>
    public static bool IsWellFormed(string text, string prefix) =>
        text.Length == prefix.Length + Length
        && text.StartsWith(prefix, StringComparison.Ordinal)
        && text.AsSpan(prefix.Length).IndexOfAnyExcept(Letters) < 0;
}
