using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Sallyport.Cli.Connection;

/// <summary>Makes HTTP clients that trust the machine's authorities or one private authority, and follow no redirect.</summary>
internal static class HttpClients
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    /// <param name="authorityFile">PEM file of the only authorities to trust; null trusts the machine's.</param>
    public static HttpClient Create(string? authorityFile)
    {
        var handler = new SocketsHttpHandler
        {
            // A redirect could carry a bearer token or a client secret to somebody else.
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = ConnectTimeout,
        };
        if (authorityFile is not null)
        {
            handler.SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = Trusting(authorityFile) };
        }

        var client = new HttpClient(handler, disposeHandler: true) { Timeout = Timeout.InfiniteTimeSpan };
        client.DefaultRequestHeaders.UserAgent.ParseAdd($"sallyport/{typeof(HttpClients).Assembly.GetName().Version?.ToString(3)}");
        return client;
    }

    private static X509ChainPolicy Trusting(string authorityFile)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        try
        {
            policy.CustomTrustStore.ImportFromPemFile(authorityFile);
        }
        catch (Exception exception) when (exception is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCode.Malformed, $"{authorityFile} cannot be read as PEM certificates.", "Give --ca a PEM file.", exception);
        }

        return policy.CustomTrustStore.Count > 0
            ? policy
            : throw new CliException(ExitCode.Malformed, $"{authorityFile} holds no certificate.", "Give --ca a PEM file.");
    }
}
