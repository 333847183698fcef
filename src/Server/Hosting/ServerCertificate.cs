using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Sallyport.Gateway.Configuration;
using Sallyport.Gateway.Transport.Tls;

namespace Sallyport.Server.Hosting;

/// <summary>The gateway's own certificate chain and key, read again on reload; connections that exist keep theirs.</summary>
internal sealed class ServerCertificate
{
    private volatile SslServerAuthenticationOptions _options;

    private ServerCertificate(SslServerAuthenticationOptions options) => _options = options;

    /// <summary>What the next handshake goes by.</summary>
    public SslServerAuthenticationOptions Options => _options;

    /// <exception cref="CryptographicException">The files do not hold a certificate and its key.</exception>
    public static ServerCertificate Load(TlsConfiguration files) => new(Read(files));

    public void Replace(SslServerAuthenticationOptions next) => _options = next;

    /// <summary>Reads a chain and its key without using them yet.</summary>
    /// <exception cref="CryptographicException">The files do not hold a certificate and its key.</exception>
    public static SslServerAuthenticationOptions Read(TlsConfiguration files)
    {
        var certificate = X509Certificate2.CreateFromPemFile(files.CertificateFile, files.KeyFile);
        var chain = new X509Certificate2Collection();
        chain.ImportFromPemFile(files.CertificateFile);
        var options = new SslServerAuthenticationOptions { ServerCertificateContext = SslStreamCertificateContext.Create(certificate, chain, offline: true) };
        if (files.AsksForCertificate)
        {
            options.ClientCertificateRequired = true;
            options.RemoteCertificateValidationCallback = TlsServerOptions.AcceptAny;
            options.CertificateChainPolicy = TlsServerOptions.NoAuthority();
        }
        return options;
    }
}
