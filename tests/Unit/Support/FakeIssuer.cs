using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Sallyport.Unit.Support;

/// <summary>
/// A token issuer with real keys that is its own network: give it to an HttpClient as handler. Tokens are signed by the platform's
/// own RSA and ECDSA, not by the library under test.
/// </summary>
internal sealed class FakeIssuer : HttpMessageHandler
{
    public const string Name = "https://login.clinic.example";

    /// <summary>Making RSA keys is slow, so every test that asks for the same name gets the same key.</summary>
    private static readonly ConcurrentDictionary<(string Kid, int Bits), RSA> RsaKeys = new();

    private readonly Dictionary<string, AsymmetricAlgorithm> _keys = new(StringComparer.Ordinal);

    public FakeIssuer()
    {
        AddRsa("rs1");
        AddEc("es1", ECCurve.NamedCurves.nistP256);
    }

    /// <summary>Whether requests fail as they do when nothing listens.</summary>
    public bool IsDown { get; set; }

    /// <summary>When set, requests for keys wait for it.</summary>
    public TaskCompletionSource? Gate { get; set; }

    public int KeyRequests { get; private set; }

    /// <summary>Replaces the discovery document.</summary>
    public string? Discovery { get; set; }

    /// <summary>Replaces the key document.</summary>
    public string? Jwks { get; set; }

    public void AddRsa(string kid, int bits = 2048) => _keys[kid] = RsaKeys.GetOrAdd((kid, bits), key => RSA.Create(key.Bits));

    public void AddEc(string kid, ECCurve curve) => _keys[kid] = ECDsa.Create(curve);

    public void Remove(string kid) => _keys.Remove(kid);

    public string PublishedKeys() => new JsonObject { ["keys"] = new JsonArray([.. _keys.Select(k => Publish(k.Key, k.Value))]) }.ToJsonString();

    /// <summary>The claims of a token that is in order at <paramref name="now"/>.</summary>
    public static JsonObject Claims(DateTimeOffset now) => new()
    {
        ["iss"] = Name,
        ["aud"] = "sallyport",
        ["sub"] = "alice",
        ["client_id"] = "cli",
        ["iat"] = now.ToUnixTimeSeconds(),
        ["nbf"] = now.ToUnixTimeSeconds(),
        ["exp"] = now.AddMinutes(10).ToUnixTimeSeconds(),
        ["groups"] = new JsonArray("clinicians", "reviewers"),
        ["run_id"] = "run-7",
    };

    public string Sign(JsonObject claims, string algorithm = "RS256", string? kid = "rs1", string? type = "at+jwt", Action<JsonObject>? header = null)
    {
        var head = new JsonObject { ["alg"] = algorithm };
        if (kid is not null)
        {
            head["kid"] = kid;
        }
        if (type is not null)
        {
            head["typ"] = type;
        }
        header?.Invoke(head);
        var signingInput = $"{Encode(head.ToJsonString())}.{Encode(claims.ToJsonString())}";
        return $"{signingInput}.{Base64Url.EncodeToString(Signature(algorithm, _keys[kid ?? "rs1"], Encoding.ASCII.GetBytes(signingInput)))}";
    }

    /// <summary>A token without signature, or with one made of a given key as an HMAC secret.</summary>
    public static string SignWithoutKey(JsonObject claims, string algorithm, byte[]? secret = null)
    {
        var input = $"{Encode(new JsonObject { ["alg"] = algorithm, ["kid"] = "rs1", ["typ"] = "at+jwt" }.ToJsonString())}.{Encode(claims.ToJsonString())}";
        var signature = secret is null ? [] : HMACSHA256.HashData(secret, Encoding.ASCII.GetBytes(input));
        return $"{input}.{Base64Url.EncodeToString(signature)}";
    }

    public static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    public byte[] PublicKeyBytes(string kid) => ((RSA)_keys[kid]).ExportSubjectPublicKeyInfo();

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (IsDown)
        {
            throw new HttpRequestException("connection refused");
        }
        if (request.RequestUri!.AbsolutePath == "/.well-known/openid-configuration")
        {
            return Answer(Discovery ?? JsonSerializer.Serialize(new { issuer = Name, jwks_uri = Name + "/keys" }));
        }
        KeyRequests++;
        if (Gate is not null)
        {
            await Gate.Task.WaitAsync(cancellationToken);
        }
        return Answer(Jwks ?? PublishedKeys());
    }

    private static HttpResponseMessage Answer(string json) => new(HttpStatusCode.OK) { Content = new StringContent(json, Encoding.UTF8, "application/json") };

    private static byte[] Signature(string algorithm, AsymmetricAlgorithm key, byte[] input)
    {
        var hash = algorithm[2..] switch
        {
            "256" => HashAlgorithmName.SHA256,
            "384" => HashAlgorithmName.SHA384,
            _ => HashAlgorithmName.SHA512,
        };
        return (algorithm[..2], key) switch
        {
            ("RS", RSA rsa) => rsa.SignData(input, hash, RSASignaturePadding.Pkcs1),
            ("PS", RSA rsa) => rsa.SignData(input, hash, RSASignaturePadding.Pss),
            (_, ECDsa ecdsa) => ecdsa.SignData(input, hash, DSASignatureFormat.IeeeP1363FixedFieldConcatenation),
            _ => throw new InvalidOperationException("the key does not fit the algorithm"),
        };
    }

    private static JsonObject Publish(string kid, AsymmetricAlgorithm key)
    {
        if (key is RSA rsa)
        {
            var numbers = rsa.ExportParameters(includePrivateParameters: false);
            return new JsonObject { ["kty"] = "RSA", ["use"] = "sig", ["kid"] = kid, ["n"] = Text(numbers.Modulus!), ["e"] = Text(numbers.Exponent!) };
        }
        var point = ((ECDsa)key).ExportParameters(includePrivateParameters: false);
        var curve = ((ECDsa)key).KeySize switch
        {
            256 => "P-256",
            384 => "P-384",
            _ => "P-521",
        };
        return new JsonObject { ["kty"] = "EC", ["use"] = "sig", ["kid"] = kid, ["crv"] = curve, ["x"] = Text(point.Q.X!), ["y"] = Text(point.Q.Y!) };
    }

    private static string Text(byte[] number) => Base64Url.EncodeToString(number);
}
