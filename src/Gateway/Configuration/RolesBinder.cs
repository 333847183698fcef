using System.Collections.Immutable;

namespace Sallyport.Gateway.Configuration;

/// <summary>Reads <c>roles:</c>.</summary>
internal static class RolesBinder
{
    public static RolesConfiguration Bind(Section root, Binding binding)
    {
        if (root.Child("roles") is not { } section)
        {
            return new RolesConfiguration();
        }
        var roles = new RolesConfiguration
        {
            Reviewer = section.Names("reviewer"),
            Operator = section.Names("operator"),
            Auditor = section.Names("auditor"),
            Developer = section.Names("developer"),
        };
        section.Finish();
        binding.Groups.UnionWith([.. roles.Reviewer, .. roles.Operator, .. roles.Auditor, .. roles.Developer]);
        return roles;
    }

    /// <summary>
    /// Without a reviewer role the approver groups of the rules and limits are the reviewers. With one, an approver outside of it could
    /// never reach the approval, so the rule could never be satisfied.
    /// </summary>
    public static RolesConfiguration WithReviewers(RolesConfiguration roles, IEnumerable<string> approverGroups, Section root, Binding binding)
    {
        var approvers = approverGroups.Distinct(StringComparer.Ordinal).ToImmutableArray();
        if (roles.Reviewer.IsEmpty)
        {
            return roles with { Reviewer = approvers };
        }
        foreach (var group in approvers.Except(roles.Reviewer, StringComparer.Ordinal))
        {
            var line = root.LineOf("rules");
            binding.Problems.Add(line, $"approver group {group} does not have the reviewer role", Spelling.Remedy(group, roles.Reviewer));
        }
        return roles;
    }
}
