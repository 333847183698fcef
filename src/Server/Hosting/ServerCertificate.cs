using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Sallyport.Gateway.Configuration;

namespace Sallyport.Server.Hosting;

/// <summary>The gateway's own certificate chain and key, read again on reload; connections that exist keep theirs.</summary>
internal sealed class ServerCertificate
{
    private volatile SslStreamCertificateContext _context;

    private ServerCertificate(SslStreamCertificateContext context) => _context = context;

    public SslStreamCertificateContext Context => _context;

    /// <exception cref="CryptographicException">The files do not hold a certificate and its key.</exception>
    public static ServerCertificate Load(TlsConfiguration files) => new(Read(files));

    public void Replace(SslStreamCertificateContext next) => _context = next;

    /// <summary>Reads a chain and its key without using them yet.</summary>
    /// <exception cref="CryptographicException">The files do not hold a certificate and its key.</exception>
    public static SslStreamCertificateContext Read(TlsConfiguration files)
    {
        var certificate = X509Certificate2.CreateFromPemFile(files.CertificateFile, files.KeyFile);
        var chain = new X509Certificate2Collection();
        chain.ImportFromPemFile(files.CertificateFile);
        return SslStreamCertificateContext.Create(certificate, chain, offline: true);
    }
}
