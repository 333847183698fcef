using Sallyport.Gateway.Identity;

namespace Sallyport.Gateway.Tokens;

/// <summary>The gateway trusts its own tokens as it trusts any other issuer's, but for the keys, which it has at hand.</summary>
public static class GatewayIssuer
{
    /// <param name="name">Its public address without a slash at the end.</param>
    /// <param name="keys">What it signs with.</param>
    public static IssuerOptions Of(string name, TokenKeyRing keys) => new()
    {
        Issuer = name,
        Audiences = [name],
        Algorithms = ["ES256"],
        ClockSkew = TimeSpan.Zero,
        OwnKeys = () => keys.Keys,
    };
}
