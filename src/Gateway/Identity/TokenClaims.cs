using System.Text.Json;

namespace Sallyport.Gateway.Identity;

/// <summary>The checks of a token's header and claims that need no key, each with its own refusal.</summary>
internal static class TokenClaims
{
    /// <summary>A token may say it was issued this far in the future, beside the clock skew: some issuers' nodes disagree on the time.</summary>
    private static readonly TimeSpan MaxIssuedAhead = TimeSpan.FromMinutes(5);

    /// <summary>Base64url of 32 bytes.</summary>
    private const int ThumbprintCharacters = 43;

    /// <summary>Claims that only ID tokens (OpenID Connect Core 3.3.2.11), logout tokens or proof-bound tokens carry.</summary>
    private static readonly string[] ForeignClaims = ["at_hash", "c_hash", "s_hash", "events"];

    /// <summary>The string value of a member; null when it is missing or no string.</summary>
    public static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    public static AuthenticationResult.Refused? CheckHeader(JsonElement header, string algorithm, IssuerOptions issuer)
    {
        if (!issuer.Algorithms.Contains(algorithm))
        {
            return Refusal.Algorithm(issuer.Algorithms);
        }
        if (header.TryGetProperty("crit", out _))
        {
            return Refusal.Critical;
        }
        return IsAccessTokenType(header, issuer) ? null : Refusal.WrongType;
    }

    /// <summary>Checks what a verified token claims, and says until when it holds.</summary>
    public static AuthenticationResult.Refused? Check(JsonElement claims, IssuerOptions issuer, DateTimeOffset now, out DateTimeOffset expiresAt)
    {
        expiresAt = default;
        if (IsForeignToken(claims))
        {
            return Refusal.WrongType;
        }
        if (claims.TryGetProperty("cnf", out _) && BoundCertificate(claims) is null)
        {
            return Refusal.Claims("the token is bound to a key (cnf) in another way than by a client certificate (x5t#S256)");
        }
        if (!IsMeantFor(claims, issuer))
        {
            return Refusal.WrongAudience(issuer.Audiences);
        }
        return CheckTimes(claims, issuer.ClockSkew, now, out expiresAt);
    }

    /// <summary>RFC 8705 section 3.1: the SHA-256 of the certificate the token is bound to, and nothing beside it; null when there is no such claim.</summary>
    public static string? BoundCertificate(JsonElement claims) =>
        claims.TryGetProperty("cnf", out var cnf)
        && cnf.ValueKind == JsonValueKind.Object
        && cnf.EnumerateObject().Count() == 1
        && Text(cnf, "x5t#S256") is { Length: ThumbprintCharacters } thumbprint
            ? thumbprint
            : null;

    /// <summary>When a token whose times were checked was issued; null when it does not say.</summary>
    public static DateTimeOffset? IssuedAt(JsonElement claims) => TryReadTime(claims, "iat", out var time) ? time : null;

    /// <summary>The issuer of a token. A JWT-SVID may leave it out; its trust domain stands for it (SPIFFE JWT-SVID, section 3).</summary>
    public static string? IssuerOf(JsonElement claims)
    {
        if (claims.TryGetProperty("iss", out _))
        {
            return Text(claims, "iss");
        }
        const string Scheme = "spiffe://";
        if (Text(claims, "sub") is not { } subject || !subject.StartsWith(Scheme, StringComparison.Ordinal))
        {
            return null;
        }
        var end = subject.IndexOf('/', Scheme.Length);
        return end < 0 ? subject : subject[..end];
    }

    private static AuthenticationResult.Refused? CheckTimes(JsonElement claims, TimeSpan skew, DateTimeOffset now, out DateTimeOffset expiresAt)
    {
        expiresAt = default;
        if (!TryReadTime(claims, "exp", out var exp) || !TryReadTime(claims, "nbf", out var nbf) || !TryReadTime(claims, "iat", out var iat))
        {
            return Refusal.Claims("exp, nbf and iat have to be seconds since 1970");
        }
        if (exp is null)
        {
            return Refusal.MissingExpiry;
        }
        expiresAt = exp.Value;
        if (now >= expiresAt + skew)
        {
            return Refusal.Expired(expiresAt);
        }
        if (nbf is not null && now < nbf - skew)
        {
            return Refusal.NotYetValid(nbf.Value);
        }
        return iat is not null && now < iat - skew - MaxIssuedAhead ? Refusal.NotYetValid(iat.Value) : null;
    }

    /// <summary>
    /// RFC 9068 section 2.1 wants <c>at+jwt</c>; many issuers write the older <c>JWT</c> or leave it out. The gateway's own say what they are.
    /// A workload's may also be <c>JOSE</c> (SPIFFE JWT-SVID, section 2.3).
    /// </summary>
    private static bool IsAccessTokenType(JsonElement header, IssuerOptions issuer)
    {
        if (!header.TryGetProperty("typ", out var typ))
        {
            return issuer.OwnKeys is null;
        }
        var name = typ.ValueKind == JsonValueKind.String ? typ.GetString()! : "";
        if (issuer.OwnKeys is not null)
        {
            return name == "at+jwt";
        }
        return name.Equals("JWT", StringComparison.OrdinalIgnoreCase)
            || (issuer.IsAgentsOnly && name.Equals("JOSE", StringComparison.OrdinalIgnoreCase))
            || name.Equals("at+jwt", StringComparison.OrdinalIgnoreCase)
            || name.Equals("application/at+jwt", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Whether a token that calls itself JWT shows that it is something else. Issuers that tell types apart do so in a claim.</summary>
    private static bool IsForeignToken(JsonElement claims)
    {
        if (Text(claims, "typ") is { } type)
        {
            return type is not "Bearer";
        }
        if (Text(claims, "token_use") is { } use)
        {
            return use is not "access";
        }
        return claims.TryGetProperty("nonce", out _) || ForeignClaims.Any(name => claims.TryGetProperty(name, out _));
    }

    private static bool IsMeantFor(JsonElement claims, IssuerOptions issuer)
    {
        if (!claims.TryGetProperty("aud", out var audience))
        {
            return false;
        }
        return audience.ValueKind switch
        {
            JsonValueKind.String => issuer.Audiences.Contains(audience.GetString()!),
            JsonValueKind.Array => audience.EnumerateArray().Any(a => a.ValueKind == JsonValueKind.String && issuer.Audiences.Contains(a.GetString()!)),
            _ => false,
        };
    }

    /// <summary>Reads a NumericDate (RFC 7519 section 2); null when missing, false when it is no time this side of the year 9999.</summary>
    private static bool TryReadTime(JsonElement claims, string name, out DateTimeOffset? time)
    {
        time = null;
        if (!claims.TryGetProperty(name, out var value))
        {
            return true;
        }
        // A margin below DateTimeOffset.MaxValue keeps "plus skew" from overflowing.
        const double LastSecond = 253_000_000_000;
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out var seconds) || seconds is not (>= 0 and <= LastSecond))
        {
            return false;
        }
        time = DateTimeOffset.FromUnixTimeMilliseconds((long)(seconds * 1000));
        return true;
    }
}
