using Sallyport.Gateway.Approvals;
using Sallyport.Gateway.Budgets;
using Sallyport.Gateway.Budgets.Usage;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Recording;
using Sallyport.Gateway.Sessions;
using Sallyport.Gateway.Transport.Tls;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>Everything a PostgreSQL session needs from the gateway around it.</summary>
public sealed record PostgresDoor
{
    public required Authenticator Authenticator { get; init; }

    public required PolicyEngine Policy { get; init; }

    public required ApprovalDesk Approvals { get; init; }

    public required InferenceBudgets Budgets { get; init; }

    public required UsageBudgets Usage { get; init; }

    public required Recorder Recorder { get; init; }

    public required SessionRegistry Sessions { get; init; }

    public required GatewayMetrics Metrics { get; init; }

    public required PostgresTargets Targets { get; init; }

    public required CancelKeys CancelKeys { get; init; }

    public required TimeProvider Time { get; init; }

    /// <summary>
    /// The certificate of the door; null only on loopback with <see cref="InsecureLoopback"/>. May be replaced while the door is open: handshakes
    /// that begin later show the new one.
    /// </summary>
    public TlsServerOptions? Tls { get; set; }

    /// <summary>Whether tokens may come in without TLS from this machine itself.</summary>
    public bool InsecureLoopback { get; init; }

    /// <summary>Whether clients that do not say how they sign in are asked by OAUTHBEARER, which only libpq 18 and its kin know.</summary>
    public bool PrefersOAuth { get; init; }

    /// <summary>The issuer that clients without a token are sent to; null where there is none to send them to.</summary>
    public string? OAuthIssuer { get; init; }

    /// <summary>The scope they are to ask it for.</summary>
    public string OAuthScope { get; init; } = "";

    public int TokenBytes { get; init; } = 16 * 1024;

    public int MessageBytes { get; init; } = 16 * 1024 * 1024;

    public int StatementBytes { get; init; } = 1024 * 1024;

    public TimeSpan StartupTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Connections that are not authenticated yet; more are closed at once.</summary>
    public int PendingStartups { get; init; } = 256;

    public TimeSpan HaltedFor { get; init; } = TimeSpan.FromSeconds(2);
}
