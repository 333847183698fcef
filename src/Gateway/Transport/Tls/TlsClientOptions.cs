using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Sallyport.Gateway.Transport.Tls;

/// <summary>What the gateway demands of a server's certificate.</summary>
public enum TlsVerification
{
    /// <summary>Nothing: encryption without knowing to whom.</summary>
    None,

    /// <summary>It chains to a trusted authority.</summary>
    Chain,

    /// <summary>It chains to a trusted authority and names the host (DNS name or IP address).</summary>
    ChainAndName,
}

/// <summary>How the gateway, as a client, verifies one server.</summary>
public sealed class TlsClientOptions
{
    private readonly X509Certificate2Collection? _authorities;

    /// <param name="host">The name or address the certificate must carry; a name is sent as SNI.</param>
    /// <param name="verification">What is demanded of the certificate.</param>
    /// <param name="authorityFile">PEM file of trusted authorities, the only ones then; null trusts those of the system.</param>
    /// <param name="applicationProtocols">ALPN names to offer.</param>
    /// <exception cref="TlsFailedException">The file cannot be read or holds no certificate.</exception>
    public TlsClientOptions(string host, TlsVerification verification, string? authorityFile = null, params IReadOnlyList<string> applicationProtocols)
    {
        Host = host;
        Verification = verification;
        ApplicationProtocols = applicationProtocols;
        _authorities = authorityFile is null || verification == TlsVerification.None ? null : Load(authorityFile);
    }

    public string Host { get; }

    public TlsVerification Verification { get; }

    public IReadOnlyList<string> ApplicationProtocols { get; }

    /// <summary>Options of one handshake; <paramref name="verdict"/> learns why a certificate was refused.</summary>
    internal SslClientAuthenticationOptions ForOneHandshake(CertificateVerdict verdict) => new()
    {
        TargetHost = Host,
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        AllowRenegotiation = false,
        EncryptionPolicy = EncryptionPolicy.RequireEncryption,
        CertificateChainPolicy = ChainPolicy(),
        RemoteCertificateValidationCallback = (_, certificate, chain, errors) => verdict.Judge(this, certificate, chain, errors),
        ApplicationProtocols = ApplicationProtocols.Count == 0 ? null : [.. ApplicationProtocols.Select(name => new SslApplicationProtocol(name))],
    };

    private static X509Certificate2Collection Load(string authorityFile)
    {
        try
        {
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPemFile(authorityFile);
            return authorities.Count > 0 ? authorities : throw new TlsFailedException($"The CA file {authorityFile} holds no certificate.");
        }
        catch (Exception exception) when (exception is CryptographicException or UnauthorizedAccessException or FileNotFoundException or DirectoryNotFoundException)
        {
            throw new TlsFailedException($"The CA file {authorityFile} cannot be read.", exception);
        }
    }

    private X509ChainPolicy ChainPolicy()
    {
        var policy = new X509ChainPolicy
        {
            // Neither fetching certificates nor revocation lists: both would let a server make the gateway call out.
            DisableCertificateDownloads = true,
            RevocationMode = X509RevocationMode.NoCheck,
        };
        if (_authorities is not null)
        {
            policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            policy.CustomTrustStore.AddRange(_authorities);
        }

        return policy;
    }
}
