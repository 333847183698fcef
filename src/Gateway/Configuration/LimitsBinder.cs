namespace Sallyport.Gateway.Configuration;

/// <summary>Reads <c>limits:</c>. What is missing has the default of <see cref="LimitsConfiguration"/>.</summary>
internal static class LimitsBinder
{
    private const int KiB = 1024;

    private const int MiB = 1024 * 1024;

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    public static LimitsConfiguration Bind(Section root)
    {
        var standard = new LimitsConfiguration();
        if (root.Child("limits") is not { } section)
        {
            return standard;
        }
        var limits = new LimitsConfiguration
        {
            MessageBytes = section.Size("messageBytes", standard.MessageBytes, 64 * KiB, 1024 * MiB - 1),
            StatementBytes = section.Size("statementBytes", standard.StatementBytes, KiB, 64 * MiB),
            TokenBytes = section.Size("tokenBytes", standard.TokenBytes, KiB, 64 * KiB),
            StartupTimeout = section.Duration("startupTimeout", standard.StartupTimeout, Second, TimeSpan.FromMinutes(2)),
            PendingStartups = section.Number("pendingStartups", standard.PendingStartups, 1, 100_000),
            Sessions = section.Number("sessions", standard.Sessions, 1, 1_000_000),
            SessionsPerPrincipal = section.Number("sessionsPerPrincipal", standard.SessionsPerPrincipal, 1, 1_000_000),
            Idle = section.Duration("idle", standard.Idle, Second, TimeSpan.FromDays(7)),
            SessionLifetime = section.Duration("sessionLifetime", standard.SessionLifetime, Second, TimeSpan.FromDays(7)),
            TokenGrace = section.Duration("tokenGrace", standard.TokenGrace, TimeSpan.Zero, TimeSpan.FromHours(1)),
            HaltedFor = section.Duration("haltedFor", standard.HaltedFor, TimeSpan.Zero, TimeSpan.FromMinutes(5)),
            ApprovalsPending = section.Number("approvalsPending", standard.ApprovalsPending, 1, 100_000),
            ApprovalsPendingPerPrincipal = section.Number("approvalsPendingPerPrincipal", standard.ApprovalsPendingPerPrincipal, 1, 100_000),
            LedgerDiskLowMiB = section.Number("ledgerDiskLowMiB", standard.LedgerDiskLowMiB, 0, 10_000_000),
            LedgerDiskCriticalMiB = section.Number("ledgerDiskCriticalMiB", standard.LedgerDiskCriticalMiB, 0, 10_000_000),
            ShutdownTimeout = section.Duration("shutdownTimeout", standard.ShutdownTimeout, TimeSpan.Zero, TimeSpan.FromMinutes(10)),
        };
        section.Finish();
        if (limits.StatementBytes > limits.MessageBytes)
        {
            section.Problem("statementBytes", "statementBytes is larger than messageBytes", "a statement travels inside a message; raise messageBytes");
        }
        if (limits.LedgerDiskCriticalMiB > limits.LedgerDiskLowMiB)
        {
            section.Problem("ledgerDiskCriticalMiB", "ledgerDiskCriticalMiB is larger than ledgerDiskLowMiB", "new sessions are refused before statements are; raise ledgerDiskLowMiB");
        }
        return limits;
    }
}
