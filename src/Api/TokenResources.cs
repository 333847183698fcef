namespace Sallyport.Api;

/// <summary>What to revoke: exactly one token, run or principal.</summary>
public sealed record RevocationRequest
{
    /// <summary>One token, by its id in the ledger: <c>t_...</c>.</summary>
    public string? Token { get; init; }

    /// <summary>A run: its tokens and their renewal.</summary>
    public string? Run { get; init; }

    /// <summary>Why a run is ended, 1 to <see cref="ApiLimits.MaxReasonCharacters"/> characters; its clients read it. Only with <see cref="Run"/>.</summary>
    public string? Reason { get; init; }

    /// <summary>All that a principal (<c>p_...</c>) and agents acting for it have now.</summary>
    public string? Principal { get; init; }
}

/// <summary>What a revocation did beside keeping tokens out.</summary>
public sealed record RevocationResource
{
    /// <summary>How many live sessions it ends.</summary>
    public required int Sessions { get; init; }
}

/// <summary>The key that signs the gateway's tokens from now on.</summary>
public sealed record TokenKeyResource
{
    /// <summary>Its id in the published key set (RFC 7638).</summary>
    public required string Key { get; init; }
}
