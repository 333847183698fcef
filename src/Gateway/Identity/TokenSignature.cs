using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Sallyport.Gateway.Identity;

/// <summary>The signature check, by Microsoft.IdentityModel: with exactly one key and exactly one algorithm.</summary>
internal static class TokenSignature
{
    private static readonly JsonWebTokenHandler Handler = new() { MaximumTokenSizeInBytes = int.MaxValue };

    public static async ValueTask<bool> IsValidAsync(string token, JsonWebKey key, string algorithm)
    {
        var parameters = new TokenValidationParameters
        {
            RequireSignedTokens = true,
            ValidAlgorithms = [algorithm],
            IssuerSigningKeyResolver = (_, _, _, _) => [key],
            TryAllIssuerSigningKeys = false,
            // These are checked by TokenClaims, each with its own reason.
            ValidateIssuer = false,
            ValidateAudience = false,
            ValidateLifetime = false,
            RequireExpirationTime = false,
        };
        // The result carries an exception whose text may hold token parts; only its presence is used.
        var result = await Handler.ValidateTokenAsync(token, parameters);
        return result.IsValid;
    }
}
