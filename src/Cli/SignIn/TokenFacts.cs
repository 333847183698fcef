using System.Buffers.Text;
using System.Text.Json;

namespace Sallyport.Cli.SignIn;

/// <summary>What can be read off a token without trusting it.</summary>
internal static class TokenFacts
{
    private const int MaxPayloadCharacters = 64 * 1024;

    /// <summary>The <c>exp</c> of a JWT (RFC 7519 section 4.1.4); null for an opaque token or one without it.</summary>
    public static DateTimeOffset? ExpiryOf(string token)
    {
        var parts = token.Split('.');
        if (parts.Length != 3 || parts[1].Length > MaxPayloadCharacters || !Base64Url.IsValid(parts[1]))
        {
            return null;
        }

        try
        {
            using var payload = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[1]));
            return payload.RootElement.ValueKind == JsonValueKind.Object
                && payload.RootElement.TryGetProperty("exp", out var exp)
                && exp.ValueKind == JsonValueKind.Number
                && exp.TryGetDouble(out var seconds)
                && seconds is > 0 and < 253402300799
                    ? DateTimeOffset.FromUnixTimeSeconds((long)seconds)
                    : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The earlier of what the answer and the token itself say.</summary>
    public static DateTimeOffset? ExpiryOf(TokenDocument answer, DateTimeOffset now)
    {
        const long MostSeconds = 10L * 366 * 24 * 3600;
        DateTimeOffset? told = answer.ExpiresInSeconds is { } seconds ? now.AddSeconds(Math.Clamp(seconds, 0, MostSeconds)) : null;
        var written = ExpiryOf(answer.AccessToken ?? "");
        return told is null || written < told ? written ?? told : told;
    }
}
