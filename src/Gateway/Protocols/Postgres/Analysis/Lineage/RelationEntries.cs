using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Analysis.Catalog;
using Sallyport.Gateway.Protocols.Postgres.Analysis.Trees;

namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Lineage;

/// <summary>Range table entries that are relations: their tags, whether the facts still fit the dump, and the rights the server checks for them.</summary>
internal sealed class RelationEntries(LineageRun run)
{
    // AclMode bits of PostgreSQL's parsenodes.h.
    private const int AclSelect = 1 << 1;
    private const int AclWrite = (1 << 0) | (1 << 2) | (1 << 3);

    private const int SelectCommand = 1;

    private readonly NodeTree _tree = run.Tree;

    public Taint[] Analyze(QueryScope scope, int entry, int position)
    {
        // A stored definition before major 16 has entries of the view itself, so tags are derived only for what a column refers to.
        if ((run.IsDefinition ? KnownFacts(entry) : Facts(entry)) is not { } facts)
        {
            return [];
        }

        if (facts.HasTags && !facts.IsSystem)
        {
            run.MarkTouchesPhi();
        }

        RecordUse(scope, entry, facts, isTarget: position + 1 == _tree.Integer(scope.Query, Field.ResultRelation));
        var sample = _tree.Value(entry, Field.Tablesample);
        if (!_tree.IsNull(sample) && run.Expressions.EvaluateChildren(scope, sample) is { IsTainted: true } taint)
        {
            run.Refuse("sample", $"TABLESAMPLE must not depend on the protected column {taint.Source!.FullName}.", "Use a constant sample size.");
        }

        return [];
    }

    /// <summary>Facts of the relation an entry stands for, tags of a materialised view worked out; null while they are missing.</summary>
    public RelationFacts? Facts(int entry)
    {
        var facts = KnownFacts(entry);
        return facts is { Kind: 'm' } ? StoredQueries.WithDerivedTags(run, facts) : facts;
    }

    private RelationFacts? KnownFacts(int entry)
    {
        var oid = _tree.Oid(entry, Field.Relid);
        if (run.Relation(oid) is not { } facts)
        {
            return null;
        }

        if (!facts.IsSystem && facts.ReadAt < run.Since && !NamesMatch(entry, facts))
        {
            run.NeedRelation(oid);
            return null;
        }

        return facts;
    }

    /// <summary>The taint of one attribute; 0 is the whole row, negative ones are system columns.</summary>
    public Taint Column(int entry, int attribute)
    {
        if (attribute < 0 || Facts(entry) is not { } facts)
        {
            return Taint.Clean;
        }

        // Before major 16 an expanded view leaves entries of itself that nothing refers to; one that is referred to is read from its definition.
        facts = facts.Kind == 'v' ? StoredQueries.WithDerivedTags(run, facts) : facts;
        if (attribute == 0)
        {
            return WholeRow(facts);
        }

        if (facts.TagOf(attribute) is not { } source || !IsInForce(source))
        {
            return Taint.Clean;
        }

        return run.IsShown(source) ? Taint.Clean : Taint.Identity(source);
    }

    private Taint WholeRow(RelationFacts facts)
    {
        var row = Taint.Clean;
        foreach (var source in facts.Tags)
        {
            if (IsInForce(source) && !run.IsShown(source))
            {
                row = row.Compute(Taint.Identity(source));
            }
        }

        return row;
    }

    private bool IsInForce(TaggedSource source) => source.FullName != SystemTags.PartitionBound || run.PartitionBoundsAreTagged();

    /// <summary>Drift check: the dump carries the column names beside their numbers. Names given by an alias are the statement's own.</summary>
    private bool NamesMatch(int entry, RelationFacts facts)
    {
        var alias = _tree.Value(entry, Field.Alias);
        var renamed = _tree.IsNull(alias) ? 0 : _tree.Items(alias, Field.Colnames).Count();
        var position = 0;
        foreach (var name in _tree.Items(_tree.Value(entry, Field.Eref), Field.Colnames))
        {
            var known = position < facts.Columns.Length ? facts.Columns[position] : null;
            if (position >= renamed && !DumpedName.Matches(_tree.Atom(name), known))
            {
                return false;
            }

            position++;
        }

        // Columns the dump does not have are newer than it: a view keeps the names of the day it was made.
        return true;
    }

    public void RecordUse(QueryScope scope, int entry, RelationFacts facts, bool isTarget)
    {
        var (permissions, checkedAs) = Permissions(scope, entry);
        if (permissions == 0 || run.IsDefinition)
        {
            return;
        }

        // A view that is written through is not the target itself. Row locks need the right to UPDATE but write nothing.
        var isWritten = isTarget || ((permissions & AclWrite) != 0 && _tree.Integer(scope.Query, Field.CommandType) != SelectCommand);
        if (isWritten)
        {
            run.RecordRelation(new RelationUse(facts.Schema, facts.Name, RelationAccess.Write, checkedAs != 0));
        }

        if (!isWritten || (permissions & AclSelect) != 0)
        {
            run.RecordRelation(new RelationUse(facts.Schema, facts.Name, RelationAccess.Read, checkedAs != 0));
        }
    }

    /// <summary>The rights the server checks for an entry, and the role it checks them for (0: the caller).</summary>
    private (long Permissions, uint CheckedAs) Permissions(QueryScope scope, int entry)
    {
        if (_tree.Has(entry, Field.RequiredPerms))
        {
            return (_tree.Number(_tree.Value(entry, Field.RequiredPerms)), _tree.Oid(entry, Field.CheckAsUser));
        }

        var index = _tree.Has(entry, Field.Perminfoindex) ? _tree.Integer(entry, Field.Perminfoindex) : 0;
        if (index == 0)
        {
            return (0, 0);
        }

        var info = _tree.Items(scope.Query, Field.Rteperminfos).At(index - 1);
        return (_tree.Number(_tree.Value(info, Field.RequiredPerms)), _tree.Oid(info, Field.CheckAsUser));
    }
}
