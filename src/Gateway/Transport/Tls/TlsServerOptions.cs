using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Sallyport.Gateway.Transport.Tls;

/// <summary>The certificate a listener shows, and what it negotiates: TLS 1.2 or 1.3, session resumption, the listed application protocols.</summary>
public sealed class TlsServerOptions
{
    /// <summary>A client may have no certificate, and one that nobody known has signed.</summary>
    private const SslPolicyErrors Tolerated =
        SslPolicyErrors.RemoteCertificateNotAvailable | SslPolicyErrors.RemoteCertificateChainErrors | SslPolicyErrors.RemoteCertificateNameMismatch;

    private TlsServerOptions(X509Certificate2 certificate, X509Certificate2Collection intermediates, bool asksForCertificate, IReadOnlyList<string> applicationProtocols)
    {
        EndPointBinding = ServerEndPoint.Binding(certificate);
        NotAfter = new DateTimeOffset(certificate.NotAfter.ToUniversalTime(), TimeSpan.Zero);
        Authentication = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(certificate, intermediates, offline: true),
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            ClientCertificateRequired = asksForCertificate,
            RemoteCertificateValidationCallback = asksForCertificate ? AcceptAny : null,
            CertificateChainPolicy = asksForCertificate ? NoAuthority() : null,
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
    /// A client's certificate is a key here, whoever signed it: a token is bound to that one certificate, or an authority is asked later.
    /// The handshake has proved that the client has the key.
    /// </summary>
    public static bool AcceptAny(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) => (errors & ~Tolerated) == SslPolicyErrors.None;

    /// <summary>Keeps the platform from looking for the issuers of whatever a client shows.</summary>
    public static X509ChainPolicy NoAuthority() => new()
    {
        TrustMode = X509ChainTrustMode.CustomRootTrust,
        RevocationMode = X509RevocationMode.NoCheck,
        DisableCertificateDownloads = true,
    };

    /// <summary>Loads a certificate for a listener that asks clients for none.</summary>
    public static TlsServerOptions FromPem(string certificateFile, string keyFile, params IReadOnlyList<string> applicationProtocols) =>
        FromPem(certificateFile, keyFile, asksForCertificate: false, applicationProtocols);

    /// <summary>
    /// Loads a certificate (followed by its intermediates) and its key. A P-256 key makes a handshake ten times cheaper than RSA-2048.
    /// </summary>
    /// <param name="certificateFile">PEM file: the leaf first, then the intermediates.</param>
    /// <param name="keyFile">PEM file of the unencrypted private key; may be the same file.</param>
    /// <param name="asksForCertificate">Whether clients are asked for a certificate; they may have none.</param>
    /// <param name="applicationProtocols">ALPN names, such as <c>postgresql</c>. A client that offers only others is refused; one that offers none is not.</param>
    /// <exception cref="TlsFailedException">A file cannot be read, or the key does not belong to the certificate.</exception>
    public static TlsServerOptions FromPem(string certificateFile, string keyFile, bool asksForCertificate, IReadOnlyList<string> applicationProtocols)
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
            return new TlsServerOptions(leaf, certificates, asksForCertificate, applicationProtocols);
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException or UnauthorizedAccessException or FileNotFoundException or DirectoryNotFoundException)
        {
            throw new TlsFailedException($"The TLS certificate {certificateFile} with the key {keyFile} cannot be used.", exception);
        }
    }
}
