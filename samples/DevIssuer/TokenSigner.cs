using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Sallyport.DevIssuer;

/// <summary>Signs and checks the demo's access tokens (RFC 9068, ES256) with a key made at start.</summary>
internal sealed class TokenSigner : IDisposable
{
    public const string Algorithm = "ES256";
    private const string Audience = "sallyport";

    private readonly string _issuer;
    private readonly TimeSpan _lifetime;
    private readonly TimeProvider _time;
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly string _keyId = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));

    public TokenSigner(string issuer, TimeSpan lifetime, TimeProvider time)
    {
        _issuer = issuer;
        _lifetime = lifetime;
        _time = time;
    }

    /// <summary>The public key set (RFC 7517).</summary>
    public Dictionary<string, object> Keys()
    {
        var point = _key.ExportParameters(includePrivateParameters: false).Q;
        var key = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["kty"] = "EC",
            ["crv"] = "P-256",
            ["alg"] = Algorithm,
            ["use"] = "sig",
            ["kid"] = _keyId,
            ["x"] = Base64Url.EncodeToString(point.X),
            ["y"] = Base64Url.EncodeToString(point.Y),
        };
        return new(StringComparer.Ordinal) { ["keys"] = new[] { key } };
    }

    public string Sign(Claims claims)
    {
        var now = _time.GetUtcNow().ToUnixTimeSeconds();
        var payload = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["iss"] = _issuer,
            ["aud"] = Audience,
            ["sub"] = claims.Subject,
            ["client_id"] = claims.ClientId,
            ["groups"] = claims.Groups,
            ["iat"] = now,
            ["nbf"] = now,
            ["exp"] = now + (long)_lifetime.TotalSeconds,
            ["jti"] = Guid.NewGuid().ToString(),
        };
        if (claims.Actor is not null)
        {
            payload["act"] = new Dictionary<string, string>(StringComparer.Ordinal) { ["sub"] = claims.Actor };
        }

        if (claims.RunId.Length > 0)
        {
            payload["run_id"] = claims.RunId;
        }

        var header = new Dictionary<string, string>(StringComparer.Ordinal) { ["alg"] = Algorithm, ["typ"] = "at+jwt", ["kid"] = _keyId };
        var signed = Encode(header) + "." + Encode(payload);
        return signed + "." + Base64Url.EncodeToString(_key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256));
    }

    /// <summary>The subject of a token this issuer signed and that has not expired, or null.</summary>
    public string? SubjectOf(string token)
    {
        var parts = token.Split('.');
        if (parts.Length != 3 || !Base64Url.IsValid(parts[1]) || !Base64Url.IsValid(parts[2])
            || !_key.VerifyData(Encoding.ASCII.GetBytes(parts[0] + "." + parts[1]), Base64Url.DecodeFromChars(parts[2]), HashAlgorithmName.SHA256))
        {
            return null;
        }

        using var payload = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[1]));
        return payload.RootElement.GetProperty("exp").GetInt64() > _time.GetUtcNow().ToUnixTimeSeconds()
            ? payload.RootElement.GetProperty("sub").GetString()
            : null;
    }

    public void Dispose() => _key.Dispose();

    private static string Encode<T>(T value) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(value));
}
