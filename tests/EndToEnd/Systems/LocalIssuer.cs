using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Sallyport.EndToEnd.Support;

namespace Sallyport.EndToEnd.Systems;

/// <summary>An issuer known to the gateway by a file of keys only. It makes any token a test can think of, the wrong ones too.</summary>
internal sealed class LocalIssuer
{
    public const string Issuer = "https://issuer.example.test";
    public const string Audience = "sallyport";
    private const string KeyId = "local-1";

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public LocalIssuer()
    {
        KeyFile = Path.Combine(TestRun.Subdirectory("issuer"), "keys.json");
        var point = _key.ExportParameters(includePrivateParameters: false).Q;
        File.WriteAllText(KeyFile, JsonSerializer.Serialize(new
        {
            keys = new[]
            {
                new { kty = "EC", crv = "P-256", alg = "ES256", use = "sig", kid = KeyId, x = Base64Url.EncodeToString(point.X), y = Base64Url.EncodeToString(point.Y) },
            },
        }));
    }

    /// <summary>The JWKS file the gateway reads.</summary>
    public string KeyFile { get; }

    /// <summary>An agent's own token.</summary>
    public string Agent(string name, string groups = "reporting-agents", string? onBehalfOf = null, string? runId = null, int seconds = 600) =>
        Sign(Claims(onBehalfOf ?? name, name, groups, seconds, c =>
        {
            if (onBehalfOf is not null)
            {
                c["act"] = new Dictionary<string, string> { ["sub"] = name };
            }

            if (runId is not null)
            {
                c["run_id"] = runId;
            }
        }));

    /// <summary>A person's token, got by the command line's client.</summary>
    public string Human(string name, string groups, int seconds = 600) => Sign(Claims(name, "sallyport-cli", groups, seconds));

    /// <summary>The claims of a good token, changed by <paramref name="change"/>.</summary>
    public static Dictionary<string, object> Claims(string subject, string clientId, string groups, int seconds = 600, Action<Dictionary<string, object>>? change = null)
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var claims = new Dictionary<string, object>
        {
            ["iss"] = Issuer,
            ["aud"] = Audience,
            ["sub"] = subject,
            ["client_id"] = clientId,
            ["groups"] = groups.Split(' ', StringSplitOptions.RemoveEmptyEntries),
            ["iat"] = now,
            ["nbf"] = now,
            ["exp"] = now + seconds,
            ["jti"] = Guid.NewGuid().ToString(),
        };
        change?.Invoke(claims);
        return claims;
    }

    public string Sign(Dictionary<string, object> claims, string algorithm = "ES256", string keyId = KeyId, ECDsa? otherKey = null)
    {
        var header = new Dictionary<string, string> { ["alg"] = algorithm, ["typ"] = "at+jwt", ["kid"] = keyId };
        var signed = Encode(header) + "." + Encode(claims);
        return algorithm switch
        {
            "none" => signed + ".",
            // The classic mistake of verifiers: the public key taken for a secret.
            "HS256" => signed + "." + Base64Url.EncodeToString(HMACSHA256.HashData(File.ReadAllBytes(KeyFile), Encoding.ASCII.GetBytes(signed))),
            _ => signed + "." + Base64Url.EncodeToString((otherKey ?? _key).SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256)),
        };
    }

    private static string Encode<T>(T value) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(value));
}
