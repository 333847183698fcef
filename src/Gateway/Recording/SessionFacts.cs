using Sallyport.Gateway.Identity;

namespace Sallyport.Gateway.Recording;

/// <summary>What is recorded about a session when it starts. Names the client chose (user, application name) are untrusted text and are not here.</summary>
public sealed record SessionFacts
{
    /// <summary>Opaque id, unique for ever.</summary>
    public required string SessionId { get; init; }

    /// <summary>A configured target; never the client's own word for it.</summary>
    public required string Target { get; init; }

    public required Principal Principal { get; init; }

    /// <summary>Address without a port, e.g. <c>10.1.2.3</c>.</summary>
    public required string ClientAddress { get; init; }

    /// <summary>Protocol and cipher suite, or <c>none</c>.</summary>
    public required string Tls { get; init; }

    /// <summary>E.g. <c>postgres</c>.</summary>
    public required string Protocol { get; init; }

    /// <summary>Hash of the policy the session starts under.</summary>
    public string PolicyHash { get; init; } = "";
}

/// <summary>A budget that is used up. All names come from the configuration or are fixed.</summary>
/// <param name="Budget">The budget's name.</param>
/// <param name="Per">principal, run or session.</param>
/// <param name="Measure">What is used up, kebab case.</param>
/// <param name="Used">How much was used.</param>
/// <param name="Limit">How much may be.</param>
/// <param name="Action">deny, ask or kill.</param>
public readonly record struct BudgetFacts(string Budget, string Per, string Measure, long Used, long Limit, string Action);
