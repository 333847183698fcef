using System.Collections.Immutable;
using Sallyport.Gateway.Identity;

namespace Sallyport.Server.Access;

/// <summary>What a caller may do with the API. Names appear in configuration and tokens' groups decide who has which.</summary>
internal static class Roles
{
    /// <summary>Every principal of kind agent, and nobody else. An agent has no other role, whatever its groups.</summary>
    public const string Agent = "agent";

    /// <summary>Every human.</summary>
    public const string Developer = "developer";

    /// <summary>Sees all approvals and sessions. Who may decide is the rule's business, not the role's.</summary>
    public const string Reviewer = "reviewer";

    /// <summary>Sees all sessions and may end them.</summary>
    public const string Operator = "operator";

    /// <summary>Sees everything that is recorded and exports evidence.</summary>
    public const string Auditor = "auditor";

    public static readonly ImmutableArray<string> Configurable = [Reviewer, Operator, Auditor];
}

/// <summary>Derives roles from groups.</summary>
/// <param name="groupsOfRole">The configured groups of each role of <see cref="Roles.Configurable"/>; a missing role has none.</param>
/// <param name="approverGroups">Groups that rules name as approvers: their members are reviewers without further configuration.</param>
internal sealed class RoleMap(IReadOnlyDictionary<string, ImmutableArray<string>> groupsOfRole, IEnumerable<string> approverGroups)
{
    private readonly ImmutableHashSet<string> _approverGroups = [.. approverGroups];

    public IReadOnlyList<string> RolesOf(Principal principal)
    {
        if (principal.Kind == PrincipalKind.Agent)
        {
            return [Roles.Agent];
        }
        List<string> roles = [Roles.Developer];
        foreach (var role in Roles.Configurable)
        {
            if (Holds(principal, role))
            {
                roles.Add(role);
            }
        }
        return roles;
    }

    private bool Holds(Principal principal, string role) =>
        principal.Groups.Any(group =>
            (groupsOfRole.TryGetValue(role, out var groups) && groups.Contains(group, StringComparer.Ordinal))
            || (role == Roles.Reviewer && _approverGroups.Contains(group)));
}
