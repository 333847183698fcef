using System.Collections.Immutable;
using Sallyport.Gateway.Configuration;
using Sallyport.Gateway.Identity;

namespace Sallyport.Server.Access;

/// <summary>What a caller may do with the API. Names appear in configuration and tokens' groups decide who has which.</summary>
internal static class Roles
{
    /// <summary>Every principal of kind agent, and nobody else. An agent has no other role, whatever its groups.</summary>
    public const string Agent = "agent";

    /// <summary>Launches agents. Like every human, sees what agents did on the developer's own behalf.</summary>
    public const string Developer = "developer";

    /// <summary>Sees all approvals and sessions. Who may decide is the rule's business, not the role's.</summary>
    public const string Reviewer = "reviewer";

    /// <summary>Sees all sessions and may end them.</summary>
    public const string Operator = "operator";

    /// <summary>Sees everything that is recorded and exports evidence.</summary>
    public const string Auditor = "auditor";
}

/// <summary>Derives roles from groups.</summary>
/// <param name="configured">Which groups hold which role.</param>
internal sealed class RoleMap(RolesConfiguration configured)
{
    private readonly (string Role, ImmutableHashSet<string> Groups)[] _groupsOfRoles =
    [
        (Roles.Developer, [.. configured.Developer]),
        (Roles.Reviewer, [.. configured.Reviewer]),
        (Roles.Operator, [.. configured.Operator]),
        (Roles.Auditor, [.. configured.Auditor]),
    ];

    public IReadOnlyList<string> RolesOf(Principal principal) => principal.Kind == PrincipalKind.Agent
        ? [Roles.Agent]
        : [.. _groupsOfRoles.Where(role => principal.Groups.Any(role.Groups.Contains)).Select(role => role.Role)];
}
