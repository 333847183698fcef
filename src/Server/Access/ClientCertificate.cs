using System.Buffers.Text;
using System.Security.Cryptography;

namespace Sallyport.Server.Access;

/// <summary>The certificate whose key a client proved in the TLS handshake.</summary>
internal static class ClientCertificate
{
    /// <summary>RFC 8705 section 3.1 <c>x5t#S256</c>: base64url of the SHA-256; empty when the client showed none.</summary>
    public static string ThumbprintOf(HttpContext context) =>
        context.Connection.ClientCertificate is { } certificate ? Base64Url.EncodeToString(SHA256.HashData(certificate.RawDataMemory.Span)) : "";
}
