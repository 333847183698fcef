using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace Sallyport.Gateway.Recording;

/// <summary>Keeps text that did not come from the configuration or from us out of the ledger.</summary>
internal static class RecordText
{
    private const int MaxIdChars = 128;
    private const int MaxCodeChars = 64;
    private const int FingerprintChars = 16;

    private static readonly SearchValues<char> IdChars =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:/-");

    private static readonly SearchValues<char> CodeChars = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789.:-");

    /// <summary>An opaque id as it is, anything else as <c>~</c> and the beginning of its SHA-256.</summary>
    public static string Id(string value)
    {
        if (value.Length <= MaxIdChars && !value.AsSpan().ContainsAnyExcept(IdChars))
        {
            return value;
        }
        return Hashed(value);
    }

    /// <summary>Whatever it is: <c>~</c> and the beginning of its SHA-256.</summary>
    public static string Hashed(string value) => "~" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(value)))[..FingerprintChars];

    /// <summary>One of our codes as it is; <c>other</c> for whatever is no code, since a sentence might quote a statement.</summary>
    public static string Code(string? value) =>
        value is { Length: > 0 and <= MaxCodeChars } && !value.AsSpan().ContainsAnyExcept(CodeChars) ? value : "other";
}
