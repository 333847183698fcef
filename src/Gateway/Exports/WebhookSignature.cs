using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;

namespace Sallyport.Gateway.Exports;

/// <summary>The signature of a post, as Standard Webhooks 1.0 has it (https://www.standardwebhooks.com), symmetric.</summary>
public static class WebhookSignature
{
    private const string SecretPrefix = "whsec_";

    /// <summary>HMAC-SHA-256 over id, time and body, so that neither a changed post nor an old one passes.</summary>
    /// <exception cref="InvalidOperationException">The secret cannot be one.</exception>
    public static void Sign(HttpRequestHeaders headers, string id, DateTimeOffset now, ReadOnlySpan<byte> body, string secret)
    {
        var timestamp = now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var key = KeyOf(secret);
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        hmac.AppendData(Encoding.UTF8.GetBytes($"{id}.{timestamp}."));
        hmac.AppendData(body);
        headers.Add("webhook-id", id);
        headers.Add("webhook-timestamp", timestamp);
        headers.Add("webhook-signature", "v1," + Convert.ToBase64String(hmac.GetHashAndReset()));
        CryptographicOperations.ZeroMemory(key);
    }

    /// <summary><c>whsec_</c> and base64 as the specification writes keys, or any other text as it is.</summary>
    private static byte[] KeyOf(string secret)
    {
        if (!secret.StartsWith(SecretPrefix, StringComparison.Ordinal))
        {
            return Encoding.UTF8.GetBytes(secret);
        }
        try
        {
            return Convert.FromBase64String(secret[SecretPrefix.Length..]);
        }
        catch (FormatException problem)
        {
            throw new InvalidOperationException("the secret is not base64 behind whsec_", problem);
        }
    }
}
