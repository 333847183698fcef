using Sallyport.Gateway.Targets;

namespace Sallyport.Gateway.Protocols.Postgres.Target;

/// <summary>Where a PostgreSQL target is, how the gateway signs in there, and the limits of doing so.</summary>
public sealed record PostgresTargetOptions
{
    /// <summary>The name agents use; it appears in messages.</summary>
    public required string Name { get; init; }

    public required string Host { get; init; }

    public int Port { get; init; } = 5432;

    public required string Database { get; init; }

    public required string User { get; init; }

    public required CredentialSource Password { get; init; }

    public TargetTlsMode TlsMode { get; init; } = TargetTlsMode.VerifyFull;

    /// <summary>PEM file of the certificate authorities that may have signed the target's certificate; null means those of the system.</summary>
    public string? CaFile { get; init; }

    /// <summary>No session may begin while <see cref="User"/> could read tagged columns by itself (floor mode).</summary>
    public bool RequiresFloor { get; init; }

    /// <summary>How each session gets a role of its own, with <see cref="User"/> as the one that makes it; null where all share <see cref="User"/>.</summary>
    public TemporaryRoleOptions? TemporaryRoles { get; init; }

    /// <summary>Time for name resolution and the TCP connection.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Time from the TCP connection to the first ReadyForQuery.</summary>
    public TimeSpan StartupTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Time for one CancelRequest, connection included.</summary>
    public TimeSpan CancelTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>PBKDF2 rounds a target may ask for; a hostile one could otherwise keep the CPU busy.</summary>
    public int MaxScramIterations { get; init; } = 1_000_000;
}
