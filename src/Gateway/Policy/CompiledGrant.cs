using System.Collections.Frozen;
using System.Collections.Immutable;
using Sallyport.Gateway.Identity;

namespace Sallyport.Gateway.Policy;

/// <summary>A grant with its look-ups and its verdict made once.</summary>
internal sealed class CompiledGrant
{
    private readonly FrozenSet<string> _schemas;
    private readonly FrozenSet<RelationName> _tables;
    private readonly FrozenSet<string> _groups;
    private readonly FrozenSet<string> _never;
    private readonly FrozenSet<RelationName> _relationsOfNever;
    private readonly uint _allowed;

    public CompiledGrant(Grant grant)
    {
        Grant = grant;
        Allow = new Verdict.Allow($"grant:{grant.Name}")
        {
            Grant = grant.IsDynamic ? grant.Name : "",
            IsBreakGlass = grant.Origin == GrantOrigin.BreakGlass,
        };
        _never = grant.Never.ToFrozenSet(StringComparer.Ordinal);
        _relationsOfNever = grant.Never.Select(RelationOf).ToFrozenSet();
        _schemas = grant.Schemas.ToFrozenSet(StringComparer.Ordinal);
        _tables = grant.Tables.ToFrozenSet();
        _groups = grant.Groups.ToFrozenSet(StringComparer.Ordinal);
        Unmasked = [.. grant.Unmasked.Where(column => !_never.Contains(column) && Reaches(RelationOf(column))).Select(column => new UnmaskedColumn(column, grant.Name))];
        foreach (var commandClass in grant.Allow)
        {
            _allowed |= 1u << (int)commandClass;
        }
    }

    public Grant Grant { get; }

    public Verdict.Allow Allow { get; }

    /// <summary>The columns it shows as they are stored, of relations it opens.</summary>
    public ImmutableArray<UnmaskedColumn> Unmasked { get; }

    public bool Allows(CommandClass commandClass) => (_allowed & (1u << (int)commandClass)) != 0;

    public bool IsFor(Principal principal)
    {
        if (Grant.RunId.Length > 0 && principal.RunId != Grant.RunId)
        {
            return false;
        }
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

    /// <summary>The first column the grant leaves out although the command reads or writes it; null when there is none.</summary>
    public string? LeftOut(Command command)
    {
        if (_never.Count == 0)
        {
            return null;
        }
        foreach (var column in command.PhiColumns)
        {
            if (_never.Contains(column))
            {
                return column;
            }
        }
        // Statements without a query tree do not say which columns of a table they touch.
        if (command.Class == CommandClass.Ddl || (command.Effects & Effects.CopyIn) != Effects.None)
        {
            foreach (var use in command.Relations)
            {
                if (_relationsOfNever.Contains(new RelationName(use.Schema, use.Name)))
                {
                    return QualifiedName.Join(use.Schema, use.Name);
                }
            }
        }
        return null;
    }

    /// <summary>Whether a relation lies in what the grant opens. A relation whose schema is unknown lies in no limited grant.</summary>
    public bool Reaches(RelationUse use) => Reaches(new RelationName(use.Schema, use.Name));

    private bool Reaches(RelationName relation) => !Grant.IsLimited || _schemas.Contains(relation.Schema) || _tables.Contains(relation);

    private static RelationName RelationOf(string column) =>
        QualifiedName.TrySplit(column, 3, out var parts) ? new RelationName(parts[0], parts[1]) : default;
}
