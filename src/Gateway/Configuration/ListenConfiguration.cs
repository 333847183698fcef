using System.Net;

namespace Sallyport.Gateway.Configuration;

/// <summary>The addresses the gateway listens on. At most one of <see cref="Https"/> and <see cref="Http"/> is set.</summary>
/// <param name="Postgres">PostgreSQL wire protocol; null to leave that door shut.</param>
/// <param name="Https">Console and API.</param>
/// <param name="Http">Console and API without TLS, on loopback only.</param>
public sealed record ListenConfiguration(IPEndPoint? Postgres, IPEndPoint? Https, IPEndPoint? Http);

/// <summary>PEM files of the gateway's certificate chain and key.</summary>
public sealed record TlsConfiguration(string CertificateFile, string KeyFile);
