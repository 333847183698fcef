using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Recording;

/// <summary>A request for access. What its author typed is not recorded but as a commitment.</summary>
public sealed record AccessRequestFacts
{
    public required string RequestId { get; init; }

    public required PrincipalKind Kind { get; init; }

    /// <summary>The requester's opaque id.</summary>
    public required string By { get; init; }

    /// <summary>The human the requester acts for, or empty.</summary>
    public string OnBehalfOf { get; init; } = "";

    public required string Target { get; init; }

    public required AccessScope Scope { get; init; }

    public DateTimeOffset? From { get; init; }

    public DateTimeOffset? Until { get; init; }

    public TimeSpan? Length { get; init; }

    /// <summary>The one run it is for, or empty.</summary>
    public string RunId { get; init; } = "";

    /// <summary>The grant that is to last longer, or empty.</summary>
    public string Extends { get; init; } = "";

    public required string PolicyHash { get; init; }

    public required string Rule { get; init; }

    /// <summary>How many people have to agree; 0 where the rule itself gives it.</summary>
    public required int Quorum { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    public byte[] ReasonCommitment { get; init; } = [];
}

/// <summary>One step of deciding a request.</summary>
public sealed record AccessDecisionFacts
{
    public required string RequestId { get; init; }

    /// <summary><c>approve</c>, <c>deny</c>, <c>expired</c>, or <c>refused</c> for an attempt of somebody who may not decide.</summary>
    public required string Decision { get; init; }

    /// <summary>Who decided, or tried to; null for a rule, or nobody.</summary>
    public Principal? By { get; init; }

    /// <summary>The automatic rule that decided, or empty.</summary>
    public string ByRule { get; init; } = "";

    /// <summary>The decider's groups that count.</summary>
    public IReadOnlyList<string> Groups { get; init; } = [];

    /// <summary>Different people who have agreed by now.</summary>
    public int Agreed { get; init; }

    /// <summary><c>pending</c>, <c>granted</c>, <c>denied</c> or <c>expired</c>.</summary>
    public required string State { get; init; }

    /// <summary>A code, where the attempt was refused; else empty.</summary>
    public string Why { get; init; } = "";

    public byte[] ReasonCommitment { get; init; } = [];
}

/// <summary>A grant that comes into force.</summary>
public sealed record GrantStartFacts
{
    public required Grant Grant { get; init; }

    /// <summary>The holder's opaque id.</summary>
    public required string Holder { get; init; }

    /// <summary>The rule behind it.</summary>
    public required string Rule { get; init; }

    /// <summary>Whether it was in force before the gateway started.</summary>
    public bool Resumed { get; init; }
}
