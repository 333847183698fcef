using Sallyport.Gateway.Policy;

namespace Sallyport.Server.Hosting;

/// <summary>Names of schemas and tables that the configuration itself holds: whoever repeats them in a request tells nothing.</summary>
internal static class KnownNames
{
    public static bool Contains(PolicySnapshot policy, string target, string name) =>
        policy.PhiOf(target).Columns.Any(column => column.Schema == name || column.Table == name)
        || policy.Grants.Any(grant => grant.Target == target && Names(grant.Schemas, grant.Tables).Contains(name))
        || policy.Access.Rules.Any(rule => rule.Targets.Contains(target) && Names(rule.Most.Schemas, rule.Most.Tables).Contains(name))
        || policy.Access.BreakGlass.Any(rule => rule.Target == target && Names(rule.Scope.Schemas, rule.Scope.Tables).Contains(name));

    private static IEnumerable<string> Names(IEnumerable<string> schemas, IEnumerable<RelationName> tables) =>
        schemas.Concat(tables.SelectMany(static table => new[] { table.Schema, table.Name }));
}
