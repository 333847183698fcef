using System.Collections.Frozen;
using Sallyport.Gateway.Identity;

namespace Sallyport.Gateway.Policy;

/// <summary>A grant with its look-ups and its verdict made once.</summary>
internal sealed class CompiledGrant
{
    private readonly FrozenSet<string> _schemas;
    private readonly FrozenSet<RelationName> _tables;
    private readonly FrozenSet<string> _groups;
    private readonly uint _allowed;

    public CompiledGrant(Grant grant)
    {
        Grant = grant;
        Allow = new Verdict.Allow($"grant:{grant.Name}");
        _schemas = grant.Schemas.ToFrozenSet(StringComparer.Ordinal);
        _tables = grant.Tables.ToFrozenSet();
        _groups = grant.Groups.ToFrozenSet(StringComparer.Ordinal);
        foreach (var commandClass in grant.Allow)
        {
            _allowed |= 1u << (int)commandClass;
        }
    }

    public Grant Grant { get; }

    public Verdict.Allow Allow { get; }

    public bool Allows(CommandClass commandClass) => (_allowed & (1u << (int)commandClass)) != 0;

    public bool IsFor(Principal principal)
    {
        foreach (var group in principal.Groups)
        {
            if (_groups.Contains(group))
            {
                return true;
            }
        }
        foreach (var match in Grant.Principals)
        {
            if (match.Matches(principal))
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>Whether a relation lies in what the grant opens. A relation whose schema is unknown lies in no limited grant.</summary>
    public bool Reaches(RelationUse use) =>
        !Grant.IsLimited || _schemas.Contains(use.Schema) || _tables.Contains(new RelationName(use.Schema, use.Name));
}
