using System.Buffers.Text;
using System.Text;
using Microsoft.IdentityModel.Tokens;

namespace Sallyport.Gateway.Identity;

/// <summary>
/// The signature check (RFC 7515 section 5.2), by Microsoft.IdentityModel's signature providers: with exactly one key and exactly one
/// algorithm, both chosen by us. The library's token validation is not used, because its errors are exceptions that quote tokens and
/// do not tell one reason from another.
/// </summary>
internal static class TokenSignature
{
    /// <param name="token">A token that <see cref="TokenParts.Read"/> could read.</param>
    /// <param name="key">The key the issuer publishes for it.</param>
    /// <param name="algorithm">One of <see cref="IssuerOptions.SupportedAlgorithms"/> that fits the key.</param>
    public static bool IsValid(string token, JsonWebKey key, string algorithm)
    {
        var end = token.LastIndexOf('.');
        var signature = Base64Url.DecodeFromChars(token.AsSpan(end + 1));
        if (signature.Length == 0)
        {
            return false;
        }
        // Providers are cached by the factory, so a key is imported once.
        var factory = CryptoProviderFactory.Default;
        var provider = factory.CreateForVerifying(key, algorithm);
        try
        {
            return provider.Verify(Encoding.ASCII.GetBytes(token, 0, end), signature);
        }
        finally
        {
            factory.ReleaseSignatureProvider(provider);
        }
    }
}
