using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Sallyport.Gateway.Transport.Tls;

/// <summary>The certificate a listener shows, and what it negotiates: TLS 1.2 or 1.3, session resumption, the listed application protocols.</summary>
public sealed class TlsServerOptions
{
    private TlsServerOptions(X509Certificate2 certificate, X509Certificate2Collection intermediates, IReadOnlyList<string> applicationProtocols)
    {
        EndPointBinding = ServerEndPoint.Binding(certificate);
        NotAfter = new DateTimeOffset(certificate.NotAfter.ToUniversalTime(), TimeSpan.Zero);
        Authentication = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(certificate, intermediates, offline: true),
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            ClientCertificateRequired = false,
            AllowRenegotiation = false,
            EncryptionPolicy = EncryptionPolicy.RequireEncryption,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            ApplicationProtocols = applicationProtocols.Count == 0 ? null : [.. applicationProtocols.Select(name => new SslApplicationProtocol(name))],
        };
    }

    /// <summary>When the certificate expires.</summary>
    public DateTimeOffset NotAfter { get; }

    internal SslServerAuthenticationOptions Authentication { get; }

    internal byte[]? EndPointBinding { get; }

    /// <summary>
    /// Loads a certificate (followed by its intermediates) and its key. A P-256 key makes a handshake ten times cheaper than RSA-2048.
    /// </summary>
    /// <param name="certificateFile">PEM file: the leaf first, then the intermediates.</param>
    /// <param name="keyFile">PEM file of the unencrypted private key; may be the same file.</param>
    /// <param name="applicationProtocols">ALPN names, such as <c>postgresql</c>. A client that offers only others is refused; one that offers none is not.</param>
    /// <exception cref="TlsFailedException">A file cannot be read, or the key does not belong to the certificate.</exception>
    public static TlsServerOptions FromPem(string certificateFile, string keyFile, params IReadOnlyList<string> applicationProtocols)
    {
        try
        {
            var certificates = new X509Certificate2Collection();
            certificates.ImportFromPemFile(certificateFile);
            if (certificates.Count == 0)
            {
                throw new TlsFailedException($"{certificateFile} holds no certificate.");
            }

            var leaf = X509Certificate2.CreateFromPemFile(certificateFile, keyFile);
            certificates.RemoveAt(0);
            return new TlsServerOptions(leaf, certificates, applicationProtocols);
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException or UnauthorizedAccessException or FileNotFoundException or DirectoryNotFoundException)
        {
            throw new TlsFailedException($"The TLS certificate {certificateFile} with the key {keyFile} cannot be used.", exception);
        }
    }
}
