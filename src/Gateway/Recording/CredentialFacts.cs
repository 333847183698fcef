namespace Sallyport.Gateway.Recording;

/// <summary>The role that a session gets at its target. Holds no secret.</summary>
public readonly record struct CredentialFacts
{
    /// <summary>Its name at the target; it holds the session's id.</summary>
    public required string Role { get; init; }

    /// <summary>When its password ends.</summary>
    public required DateTimeOffset ValidUntil { get; init; }

    /// <summary>Roles of the target, from the configuration, whose rights it has.</summary>
    public required IReadOnlyList<string> MemberOf { get; init; }

    /// <summary>SHA-256 of the rights on tables and columns it has by its grants, in hexadecimal; empty where it gets none that way.</summary>
    public required string Scope { get; init; }

    /// <summary>The grants in force for it.</summary>
    public required IReadOnlyList<string> Grants { get; init; }
}
