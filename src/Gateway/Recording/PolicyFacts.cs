namespace Sallyport.Gateway.Recording;

/// <summary>A policy that comes into force.</summary>
public sealed record PolicyFacts
{
    public required string Hash { get; init; }

    public IReadOnlyList<GrantFacts> Grants { get; init; } = [];
}

/// <summary>One grant in force under a policy. All of it comes from the configuration.</summary>
public sealed record GrantFacts
{
    public required string Name { get; init; }

    public required string Target { get; init; }

    /// <summary>Command classes, e.g. <c>read</c>.</summary>
    public IReadOnlyList<string> Allow { get; init; } = [];

    public IReadOnlyList<string> Groups { get; init; } = [];

    public IReadOnlyList<string> Principals { get; init; } = [];

    public IReadOnlyList<string> Schemas { get; init; } = [];

    public IReadOnlyList<string> Tables { get; init; } = [];

    /// <summary>Tagged columns it shows as they are stored.</summary>
    public IReadOnlyList<string> Unmasked { get; init; } = [];

    /// <summary>Tagged columns it leaves out.</summary>
    public IReadOnlyList<string> Never { get; init; } = [];
}
