using System.Collections.Immutable;
using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Analysis.Catalog;

namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Lineage;

/// <summary>What the statement tells about tagged columns with permission, and how far each column's predicate level permits it.</summary>
internal sealed class Inferences(LineageRun run)
{
    /// <summary>Most inferences kept of one statement; beyond it the statement is refused, since what is not kept is not counted.</summary>
    private const int MaxInferences = 10_000;

    private readonly List<Inference> _found = [];
    private readonly HashSet<int> _comparisons = [];

    public int Count => _found.Count;

    public ImmutableArray<Inference> Found => [.. _found];

    /// <summary>Whether it may be told which values of a column exist; if so that is recorded.</summary>
    public bool AllowsPresence(TaggedSource column) => Allows(column, PredicateLevel.Strict, InferenceKind.Presence);

    /// <summary>Whether the column's level permits something; if so that is recorded.</summary>
    public bool Allows(TaggedSource column, PredicateLevel least, InferenceKind kind, bool isTransformed = false)
    {
        if (column.Predicates < least)
        {
            return false;
        }

        Record(column, kind, isTransformed);
        return true;
    }

    /// <summary>Records a comparison with values, once however often the node is looked at.</summary>
    public void RecordValues(int comparison, TaggedSource column, InferenceKind kind, bool isTransformed, ImmutableArray<ComparedValue> values)
    {
        if (!run.IsDefinition && _comparisons.Add(comparison))
        {
            Keep(new Inference(column.FullName, column.Tag, kind, values) { IsTransformed = isTransformed });
        }
    }

    /// <summary>Forgets what was recorded after <paramref name="count"/>, because it is not permitted after all.</summary>
    public void Forget(int count)
    {
        _found.RemoveRange(count, _found.Count - count);
        _comparisons.Clear();
    }

    private void Record(TaggedSource column, InferenceKind kind, bool isTransformed)
    {
        if (run.IsDefinition)
        {
            return;
        }

        foreach (var known in _found)
        {
            if (known.Kind == kind && known.Values.IsEmpty && known.IsTransformed == isTransformed && known.Column == column.FullName)
            {
                return;
            }
        }

        Keep(new Inference(column.FullName, column.Tag, kind, []) { IsTransformed = isTransformed });
    }

    private void Keep(Inference inference)
    {
        if (_found.Count == MaxInferences)
        {
            throw new Trees.TreeFormatException("the statement has too many conditions on protected columns");
        }

        _found.Add(inference);
    }
}
