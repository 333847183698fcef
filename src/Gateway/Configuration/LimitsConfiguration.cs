namespace Sallyport.Gateway.Configuration;

/// <summary>Every limit an operator can move, with its default.</summary>
public sealed record LimitsConfiguration
{
    /// <summary>Longest single protocol message of a client.</summary>
    public int MessageBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>Longest statement text.</summary>
    public int StatementBytes { get; init; } = 1024 * 1024;

    /// <summary>Longest access token.</summary>
    public int TokenBytes { get; init; } = 16 * 1024;

    /// <summary>From accept to the end of the client's authentication.</summary>
    public TimeSpan StartupTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Connections that are not authenticated yet.</summary>
    public int PendingStartups { get; init; } = 256;

    public int Sessions { get; init; } = 5000;

    public int SessionsPerPrincipal { get; init; } = 100;

    /// <summary>A session without traffic for this long is ended.</summary>
    public TimeSpan Idle { get; init; } = TimeSpan.FromHours(1);

    /// <summary>No session lives longer.</summary>
    public TimeSpan SessionLifetime { get; init; } = TimeSpan.FromHours(12);

    /// <summary>How long a session may outlive its token.</summary>
    public TimeSpan TokenGrace { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long a session refuses what follows a refused statement.</summary>
    public TimeSpan HaltedFor { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Free room on the ledger's disk below which no new session begins, in MiB.</summary>
    public int LedgerDiskLowMiB { get; init; } = 1024;

    /// <summary>Free room on the ledger's disk below which no statement begins, in MiB.</summary>
    public int LedgerDiskCriticalMiB { get; init; } = 256;

    /// <summary>Approval requests that wait for a human, gateway-wide.</summary>
    public int ApprovalsPending { get; init; } = 1000;

    public int ApprovalsPendingPerPrincipal { get; init; } = 20;

    /// <summary>How long shutdown waits for running statements.</summary>
    public TimeSpan ShutdownTimeout { get; init; } = TimeSpan.FromSeconds(20);
}
