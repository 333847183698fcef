namespace Sallyport.Gateway.Tokens;

/// <summary>One task of an agent: what its tokens have in common, and until when there can be any.</summary>
public sealed record TokenRun
{
    /// <summary>Longest id, also of one that another issuer chose.</summary>
    public const int MaxIdLength = 255;

    public required string Id { get; init; }

    /// <summary>The principal it belongs to; nobody else continues it.</summary>
    public required string OwnerId { get; init; }

    public required Parties Parties { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>No token of the run lives longer.</summary>
    public required DateTimeOffset EndsAt { get; init; }

    /// <summary>When it was ended before that; null while it goes on.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    public static string NewId() => "run_" + Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(10));
}
