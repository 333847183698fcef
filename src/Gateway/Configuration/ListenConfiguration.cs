using System.Net;

namespace Sallyport.Gateway.Configuration;

/// <summary>The addresses the gateway listens on. At most one of <see cref="Https"/> and <see cref="Http"/> is set.</summary>
/// <param name="Postgres">PostgreSQL wire protocol; null to leave that door shut.</param>
/// <param name="Https">Console and API.</param>
/// <param name="Http">Console and API without TLS, on loopback only.</param>
public sealed record ListenConfiguration(IPEndPoint? Postgres, IPEndPoint? Https, IPEndPoint? Http)
{
    public PostgresSignIn PostgresSignIn { get; init; }

    /// <summary>The issuer that clients without a token are sent to by OAUTHBEARER; null for the first that signs people in.</summary>
    public string? OAuthIssuer { get; init; }

    /// <summary>The scope they are to ask it for; empty for none.</summary>
    public string OAuthScope { get; init; } = "";
}

/// <summary>PEM files of the gateway's certificate chain and key.</summary>
/// <param name="CertificateFile">The certificate, then its chain.</param>
/// <param name="KeyFile">Its key.</param>
/// <param name="AsksForCertificate">Whether clients are asked for a certificate of their own, which they need not have.</param>
public sealed record TlsConfiguration(string CertificateFile, string KeyFile, bool AsksForCertificate = false);

/// <summary>How PostgreSQL clients sign in that do not say how.</summary>
public enum PostgresSignIn
{
    /// <summary>The token stands where a password stands; every client can do that.</summary>
    Password,

    /// <summary>SASL OAUTHBEARER, libpq 18 and later.</summary>
    OAuth,
}
