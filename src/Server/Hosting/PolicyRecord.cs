using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Recording;

namespace Sallyport.Server.Hosting;

/// <summary>A policy as the ledger records it when it comes into force.</summary>
internal static class PolicyRecord
{
    public static PolicyFacts Of(PolicySnapshot policy) => new() { Hash = policy.Hash, Grants = [.. policy.Grants.Select(Of)] };

    private static GrantFacts Of(Grant grant) => new()
    {
        Name = grant.Name,
        Target = grant.Target,
        Allow = [.. grant.Allow.Select(allowed => allowed.ToString().ToLowerInvariant())],
        Groups = grant.Groups,
        Principals = [.. grant.Principals.Select(principal => principal.Id ?? principal.Name ?? "")],
        Schemas = grant.Schemas,
        Tables = [.. grant.Tables.Select(table => $"{table.Schema}.{table.Name}")],
        Unmasked = grant.Unmasked,
        Never = grant.Never,
    };
}
