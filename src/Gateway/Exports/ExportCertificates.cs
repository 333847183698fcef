using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Sallyport.Gateway.Configuration;

namespace Sallyport.Gateway.Exports;

/// <summary>The TLS of an export's connections. Files are read for each new connection, so renewed certificates need no reload.</summary>
internal static class ExportCertificates
{
    /// <exception cref="ExportFailedException">A file cannot be used.</exception>
    public static SslClientAuthenticationOptions Options(ExportTls tls, string host)
    {
        try
        {
            var options = new SslClientAuthenticationOptions { TargetHost = host };
            if (tls.AuthorityFile is { } authorities)
            {
                options.CertificateChainPolicy = Trust(authorities);
            }
            if (tls is { CertificateFile: { } certificate, KeyFile: { } key })
            {
                var chain = new X509Certificate2Collection();
                chain.ImportFromPemFile(certificate);
                options.ClientCertificateContext = SslStreamCertificateContext.Create(X509Certificate2.CreateFromPemFile(certificate, key), chain, offline: true);
            }
            return options;
        }
        catch (Exception problem) when (problem is CryptographicException or ArgumentException or IOException or UnauthorizedAccessException)
        {
            throw new ExportFailedException("no-certificate", problem);
        }
    }

    private static X509ChainPolicy Trust(string file)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPemFile(file);
        return policy.CustomTrustStore.Count > 0 ? policy : throw new CryptographicException("The file holds no certificate.");
    }
}
