using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Sallyport.Gateway.Transport.Tls;

/// <summary>Judges the server certificate of one handshake and keeps what the session needs of it.</summary>
internal sealed class CertificateVerdict
{
    /// <summary>Why the certificate was refused, as one sentence; null when it was not.</summary>
    public string? Refusal { get; private set; }

    /// <summary>The tls-server-end-point channel binding of the certificate, or null when it defines none.</summary>
    public byte[]? EndPointBinding { get; private set; }

    public bool Judge(TlsClientOptions options, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        Refusal = Refuse(options, certificate as X509Certificate2, chain, errors);
        if (Refusal is not null)
        {
            return false;
        }

        EndPointBinding = certificate is X509Certificate2 shown ? ServerEndPoint.Binding(shown) : null;
        return true;
    }

    private static string? Refuse(TlsClientOptions options, X509Certificate2? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (options.Verification == TlsVerification.None)
        {
            return null;
        }

        if (certificate is null || (errors & SslPolicyErrors.RemoteCertificateNotAvailable) != 0)
        {
            return "The server showed no certificate.";
        }

        if ((errors & SslPolicyErrors.RemoteCertificateChainErrors) != 0 || chain is null)
        {
            var status = string.Join(", ", (chain?.ChainStatus ?? []).Select(item => item.Status).Distinct());
            return $"The server's certificate is not trusted ({(status.Length > 0 ? status : "no chain")}).";
        }

        // Judged here and not by the flag of the runtime, so that the rule is the same on every platform: subject
        // alternative names (DNS or IP), wildcards in the first label, the common name only when there are none.
        if (options.Verification == TlsVerification.ChainAndName && !certificate.MatchesHostname(options.Host, allowWildcards: true, allowCommonName: true))
        {
            return $"The server's certificate does not name {options.Host}.";
        }

        return null;
    }
}
