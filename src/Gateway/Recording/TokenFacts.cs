namespace Sallyport.Gateway.Recording;

/// <summary>A token the gateway issued. Tokens are named by their hashed ids, people by their opaque ones.</summary>
public readonly record struct TokenIssueFacts
{
    public required string TokenId { get; init; }

    /// <summary>Whom the token stands for.</summary>
    public required string PrincipalId { get; init; }

    /// <summary>The human, or empty.</summary>
    public required string HumanId { get; init; }

    /// <summary>The agent's name, or empty.</summary>
    public required string Agent { get; init; }

    public required string RunId { get; init; }

    /// <summary>The delegation that permitted it, or empty for a human's own.</summary>
    public required string Rule { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>Whether it follows another token of the run.</summary>
    public required bool IsRenewal { get; init; }

    /// <summary>Whether it is bound to a client certificate.</summary>
    public required bool IsBound { get; init; }

    /// <summary>The token it was exchanged for, or empty where that has no id.</summary>
    public required string SubjectToken { get; init; }

    public required string ActorToken { get; init; }

    /// <summary>Address without a port.</summary>
    public required string ClientAddress { get; init; }
}

/// <summary>A request for a token that was refused. What is not known is empty.</summary>
public readonly record struct TokenRefusalFacts
{
    /// <summary>A code.</summary>
    public required string Reason { get; init; }

    public required string ClientAddress { get; init; }

    public required string SubjectId { get; init; }

    public required string SubjectToken { get; init; }

    public required string ActorId { get; init; }

    public required string ActorToken { get; init; }
}
