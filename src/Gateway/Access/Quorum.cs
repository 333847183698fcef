using System.Collections.Immutable;

namespace Sallyport.Gateway.Access;

/// <summary>
/// Whether enough different people agreed. People are counted, never groups: somebody in three groups is one person and stands for one
/// requirement.
/// </summary>
public static class Quorum
{
    /// <param name="requirements">Each wants a person of its own who is in any of its groups.</param>
    /// <param name="quorum">How many people have to agree in all.</param>
    /// <param name="agreed">The decisions; those of the same issuer and subject are one person's.</param>
    public static bool IsMet(ImmutableArray<ImmutableArray<string>> requirements, int quorum, IEnumerable<AccessDecision> agreed)
    {
        var people = agreed
            .GroupBy(static decision => (decision.Issuer, decision.Subject))
            .Select(static person => person.SelectMany(static decision => decision.Groups).ToHashSet(StringComparer.Ordinal))
            .Where(groups => requirements.Any(requirement => requirement.Any(groups.Contains)))
            .ToList();
        return people.Count >= Math.Max(quorum, 1) && Assigned(requirements, people) == requirements.Length;
    }

    /// <summary>How many people the request still lacks at least; 0 when it is met.</summary>
    public static int Missing(ImmutableArray<ImmutableArray<string>> requirements, int quorum, IReadOnlyCollection<AccessDecision> agreed)
    {
        if (IsMet(requirements, quorum, agreed))
        {
            return 0;
        }
        var people = agreed.Select(static decision => (decision.Issuer, decision.Subject)).Distinct().Count();
        return Math.Max(1, Math.Max(quorum, requirements.Length) - people);
    }

    /// <summary>Most requirements that different people can stand for: a bipartite matching by augmenting paths.</summary>
    private static int Assigned(ImmutableArray<ImmutableArray<string>> requirements, List<HashSet<string>> people)
    {
        var requirementOf = new int?[people.Count];
        var assigned = 0;
        for (var requirement = 0; requirement < requirements.Length; requirement++)
        {
            assigned += TryAssign(requirement, requirements, people, requirementOf, new bool[people.Count]) ? 1 : 0;
        }
        return assigned;
    }

    private static bool TryAssign(int requirement, ImmutableArray<ImmutableArray<string>> requirements, List<HashSet<string>> people, int?[] requirementOf, bool[] seen)
    {
        for (var person = 0; person < people.Count; person++)
        {
            if (seen[person] || !requirements[requirement].Any(people[person].Contains))
            {
                continue;
            }
            seen[person] = true;
            if (requirementOf[person] is not { } other || TryAssign(other, requirements, people, requirementOf, seen))
            {
                requirementOf[person] = requirement;
                return true;
            }
        }
        return false;
    }
}
