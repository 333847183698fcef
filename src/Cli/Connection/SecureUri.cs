using System.Diagnostics.CodeAnalysis;

namespace Sallyport.Cli.Connection;

/// <summary>Addresses that a token may be sent to: https, or plain http on this machine's loopback only.</summary>
internal static class SecureUri
{
    private const int MaxCharacters = 2048;

    /// <param name="text">What the user or an issuer's metadata says.</param>
    /// <param name="what">Names the address in the failure, e.g. <c>gateway</c>.</param>
    public static Uri Parse(string text, string what)
    {
        if (!TryParse(text, out var uri))
        {
            throw new CliException(
                ExitCode.Usage, $"The {what} address is not an https address.", "Give https://HOST[:PORT]; http is for loopback addresses only.");
        }

        return uri;
    }

    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out Uri? uri)
    {
        uri = null;
        return text is { Length: <= MaxCharacters }
            && Uri.TryCreate(text, UriKind.Absolute, out uri)
            && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback))
            && uri.UserInfo.Length == 0
            && uri.Fragment.Length == 0;
    }
}
