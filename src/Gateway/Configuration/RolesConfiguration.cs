using System.Collections.Immutable;

namespace Sallyport.Gateway.Configuration;

/// <summary>Which groups hold which role at the API. Agents hold none of them, whatever their groups say.</summary>
public sealed record RolesConfiguration
{
    /// <summary>See and decide approvals. A rule's own approver groups still decide which ones.</summary>
    public ImmutableArray<string> Reviewer { get; init; } = [];

    /// <summary>Run the gateway: reload, end sessions.</summary>
    public ImmutableArray<string> Operator { get; init; } = [];

    /// <summary>Read sessions and the ledger, export evidence.</summary>
    public ImmutableArray<string> Auditor { get; init; } = [];

    /// <summary>See the sessions of the agents that act for oneself.</summary>
    public ImmutableArray<string> Developer { get; init; } = [];
}

/// <param name="OtlpEndpoint">Where traces and metrics go; null to send none.</param>
public sealed record TelemetryConfiguration(Uri? OtlpEndpoint);
