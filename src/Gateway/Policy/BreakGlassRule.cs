using System.Collections.Immutable;
using Sallyport.Gateway.Identity;

namespace Sallyport.Gateway.Policy;

/// <summary>What people of some groups may open by themselves in an emergency. Scope and length are fixed; somebody else has to review it.</summary>
public sealed record BreakGlassRule
{
    public required string Name { get; init; }

    /// <summary>Groups whose human members may open it.</summary>
    public required ImmutableArray<string> Groups { get; init; }

    public required string Target { get; init; }

    public required AccessScope Scope { get; init; }

    public required TimeSpan Length { get; init; }

    /// <summary>Groups whose human members review it; never the one who opened it.</summary>
    public required ImmutableArray<string> Reviewers { get; init; }

    /// <summary>How long after its opening it is to be reviewed; later it is overdue.</summary>
    public TimeSpan ReviewWithin { get; init; } = TimeSpan.FromHours(24);

    public bool IsFor(Principal principal, string target) =>
        Target == target && principal.Kind == PrincipalKind.Human && Groups.Any(principal.Groups.Contains);
}
