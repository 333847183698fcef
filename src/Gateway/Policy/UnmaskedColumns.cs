using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Sallyport.Gateway.Policy;

/// <summary>
/// The tagged columns whose stored values one principal gets as they are at one target, at one instant, each with the grant that shows it. Two
/// of them are equal when they show the same columns by the same grants, whatever policy they come from.
/// </summary>
public sealed class UnmaskedColumns : IEquatable<UnmaskedColumns>
{
    /// <summary>Everything is masked: the rule.</summary>
    public static readonly UnmaskedColumns None = new([]);

    private readonly FrozenDictionary<string, string> _grants;

    /// <param name="columns">Where two grants show the same column, the first is named.</param>
    public UnmaskedColumns(IEnumerable<UnmaskedColumn> columns)
    {
        var grants = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var column in columns)
        {
            grants.TryAdd(column.Column, column.Grant);
        }
        _grants = grants.ToFrozenDictionary(StringComparer.Ordinal);
    }

    public bool IsEmpty => _grants.Count == 0;

    /// <summary>The grant that shows a column, written as <see cref="QualifiedName.Join(string, string, string)"/> writes it; null where none does.</summary>
    public string? GrantFor(string column) => _grants.GetValueOrDefault(column);

    /// <summary>The first of some columns that is not shown any more by the grant that showed it; null where all are.</summary>
    public UnmaskedColumn? FirstLost(ImmutableArray<UnmaskedColumn> columns)
    {
        foreach (var column in columns)
        {
            if (GrantFor(column.Column) != column.Grant)
            {
                return column;
            }
        }
        return null;
    }

    public bool Equals(UnmaskedColumns? other)
    {
        if (ReferenceEquals(this, other))
        {
            return true;
        }
        if (other is null || other._grants.Count != _grants.Count)
        {
            return false;
        }
        foreach (var (column, grant) in _grants)
        {
            if (other.GrantFor(column) != grant)
            {
                return false;
            }
        }
        return true;
    }

    public override bool Equals(object? obj) => Equals(obj as UnmaskedColumns);

    public override int GetHashCode()
    {
        var hash = _grants.Count;
        foreach (var column in _grants.Keys)
        {
            hash ^= column.GetHashCode(StringComparison.Ordinal);
        }
        return hash;
    }
}

/// <summary>A tagged column a command reads in clear.</summary>
/// <param name="Column"><c>schema.table.column</c>, parts quoted where needed.</param>
/// <param name="Grant">The grant that shows it.</param>
public readonly record struct UnmaskedColumn(string Column, string Grant);
