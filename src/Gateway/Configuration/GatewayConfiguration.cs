using System.Collections.Immutable;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Tokens;

namespace Sallyport.Gateway.Configuration;

/// <summary>A whole, valid configuration file. Paths are absolute; secrets are references that are read when used.</summary>
public sealed record GatewayConfiguration
{
    /// <summary>Names the ledger.</summary>
    public required string Origin { get; init; }

    /// <summary>SHA-256 of the file with line ends as LF and without byte order mark, as 64 lower-case hexadecimal digits.</summary>
    public required string Hash { get; init; }

    /// <summary>The folder of the ledger and the store.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>A folder on other storage that remembers the ledger's size, so that a rolled back data folder is found; null for none.</summary>
    public string? WitnessDirectory { get; init; }

    /// <summary>A C2SP tlog-policy with the addresses of the witnesses that cosign the ledger; null for none.</summary>
    public string? WitnessPolicyFile { get; init; }

    /// <summary>Where people reach the console and the API; approval addresses begin with it.</summary>
    public required Uri PublicUrl { get; init; }

    public required ListenConfiguration Listen { get; init; }

    /// <summary>The gateway's own certificate; null only where every listener is on loopback.</summary>
    public TlsConfiguration? Tls { get; init; }

    /// <summary>Whether tokens may come in without TLS from this machine itself.</summary>
    public bool InsecureLoopback { get; init; }

    public required ImmutableArray<IssuerOptions> Identity { get; init; }

    /// <summary>The tokens the gateway issues itself; null for none.</summary>
    public TokenOptions? Tokens { get; init; }

    /// <summary>The gateway's name as an issuer of tokens.</summary>
    public string TokenIssuer => TokensBinder.NameOf(PublicUrl);

    public required ImmutableArray<TargetConfiguration> Targets { get; init; }

    /// <summary>Grants, rules, tagged columns and clean functions, with <see cref="Hash"/> as the policy's name.</summary>
    public required PolicySnapshot Policy { get; init; }

    /// <summary>The keys of masks whose forms outlive a session, as lines of <see cref="Masking.MaskKeyRing"/>; null for a file in the data folder.</summary>
    public SecretSource? MaskKeys { get; init; }

    public required RolesConfiguration Roles { get; init; }

    public required LimitsConfiguration Limits { get; init; }

    public required TelemetryConfiguration Telemetry { get; init; }

    /// <summary>Who is told when somebody waits for a person's decision.</summary>
    public ImmutableArray<NotificationConfiguration> Notifications { get; init; } = [];

    /// <summary>What gets a copy of the ledger's records.</summary>
    public ImmutableArray<ExportConfiguration> Exports { get; init; } = [];
}
