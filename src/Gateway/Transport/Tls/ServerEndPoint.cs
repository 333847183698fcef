using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Sallyport.Gateway.Transport.Tls;

/// <summary>The channel binding tls-server-end-point (RFC 5929, section 4.1): a hash of the server's certificate.</summary>
internal static class ServerEndPoint
{
    private const string RsaPss = "1.2.840.113549.1.1.10";

    /// <summary>The binding, or null when the certificate's signature algorithm has no single hash function (such as Ed25519).</summary>
    public static byte[]? Binding(X509Certificate2 certificate)
    {
        var algorithm = certificate.SignatureAlgorithm.Value;
        var hash = algorithm == RsaPss ? PssHash(certificate) : HashOf(algorithm);
        return hash is { } known ? CryptographicOperations.HashData(known, certificate.RawDataMemory.Span) : null;
    }

    /// <summary>MD5 and SHA-1 are replaced by SHA-256, as the RFC demands.</summary>
    private static HashAlgorithmName? HashOf(string? signatureAlgorithm) => signatureAlgorithm switch
    {
        "1.2.840.113549.1.1.4" or "1.2.840.113549.1.1.5" or "1.2.840.10045.4.1" or "1.2.840.10040.4.3" => HashAlgorithmName.SHA256,
        "1.2.840.113549.1.1.11" or "1.2.840.10045.4.3.2" or "2.16.840.1.101.3.4.3.2" => HashAlgorithmName.SHA256,
        "1.2.840.113549.1.1.12" or "1.2.840.10045.4.3.3" => HashAlgorithmName.SHA384,
        "1.2.840.113549.1.1.13" or "1.2.840.10045.4.3.4" => HashAlgorithmName.SHA512,
        _ => null,
    };

    /// <summary>RSASSA-PSS names its hash in the parameters of the algorithm (RFC 4055, section 3.1); SHA-1 is the default.</summary>
    private static HashAlgorithmName? PssHash(X509Certificate2 certificate)
    {
        try
        {
            var signed = new AsnReader(certificate.RawDataMemory, AsnEncodingRules.DER).ReadSequence();
            signed.ReadEncodedValue(); // tbsCertificate
            var algorithm = signed.ReadSequence();
            algorithm.ReadObjectIdentifier();
            var parameters = algorithm.ReadSequence();
            var hashTag = new Asn1Tag(TagClass.ContextSpecific, 0, isConstructed: true);
            if (!parameters.HasData || !parameters.PeekTag().HasSameClassAndValue(hashTag))
            {
                return HashAlgorithmName.SHA256;
            }

            return parameters.ReadSequence(hashTag).ReadSequence().ReadObjectIdentifier() switch
            {
                "1.3.14.3.2.26" or "2.16.840.1.101.3.4.2.1" => HashAlgorithmName.SHA256,
                "2.16.840.1.101.3.4.2.2" => HashAlgorithmName.SHA384,
                "2.16.840.1.101.3.4.2.3" => HashAlgorithmName.SHA512,
                _ => null,
            };
        }
        catch (AsnContentException)
        {
            return null;
        }
    }
}
