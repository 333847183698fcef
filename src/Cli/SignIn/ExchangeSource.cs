using System.Text.Json.Serialization;

namespace Sallyport.Cli.SignIn;

/// <summary>How a stored token of the gateway came about, so that the next one can be had without a person. Holds no secret.</summary>
internal sealed record ExchangeSource
{
    /// <summary>The gateway's token endpoint.</summary>
    public required string TokenEndpoint { get; init; }

    /// <summary>Where the agent's own token comes from; null where it has none.</summary>
    public WorkloadKind? Workload { get; init; }

    /// <summary>The file of the workload's token, for the kinds that have one.</summary>
    public string? WorkloadFile { get; init; }

    /// <summary>The audience to ask the pipeline's issuer for.</summary>
    public string? WorkloadAudience { get; init; }

    /// <summary>The file of the human's token, where it comes from a file.</summary>
    public string? SubjectFile { get; init; }

    /// <summary>The agent's name on the human's word, or null.</summary>
    public string? Agent { get; init; }

    /// <summary>The run the token belongs to, or null.</summary>
    public string? RunId { get; init; }

    /// <summary>Whether it is good for that run only: once the run is over, there is no next one.</summary>
    public bool IsOneRun { get; init; }
}

/// <summary>Kinds of identity that a machine has without anybody signing in.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<WorkloadKind>))]
internal enum WorkloadKind
{
    /// <summary>A pipeline at GitHub or GitLab.</summary>
    Pipeline,

    /// <summary>A pod's projected service account token.</summary>
    Kubernetes,

    /// <summary>A JWT-SVID that a SPIFFE helper keeps in a file.</summary>
    Spiffe,
}
