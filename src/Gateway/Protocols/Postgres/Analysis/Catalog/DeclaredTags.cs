using System.Collections.Concurrent;

namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Catalog;

/// <summary>The columns declared as PHI by name, and those once seen as PHI by OID, which stay so through renames.</summary>
internal sealed class DeclaredTags
{
    /// <summary>Most tagged columns remembered by OID. Beyond it a rename is only noticed by the configuration's names.</summary>
    private const int MaxSeen = 1_000_000;

    private readonly Dictionary<(string Schema, string Table, string Column), TaggedColumn> _declared = [];
    private readonly ConcurrentDictionary<(uint Relation, int Attribute), TaggedSource> _seen = new();
    private readonly ConcurrentDictionary<uint, int> _firstWidth = new();

    public DeclaredTags(IEnumerable<TaggedColumn> tagged)
    {
        foreach (var column in tagged)
        {
            _declared[(column.Schema, column.Table, column.Column)] = column;
        }
    }

    /// <summary>Works out the tag of every column of one relation.</summary>
    public TaggedSource?[] Resolve(RelationRows rows)
    {
        var tags = new TaggedSource?[rows.Columns.Length];
        for (var i = 0; i < tags.Length; i++)
        {
            tags[i] = rows.Columns[i] is { } name ? TagOf(rows, i + 1, name) : null;
        }

        SpreadToGenerated(rows, tags);
        TagNewColumns(rows, tags);
        for (var i = 0; i < tags.Length; i++)
        {
            if (tags[i] is { } tag && _seen.Count < MaxSeen)
            {
                _seen.TryAdd((rows.Oid, i + 1), tag);
            }
        }

        return tags;
    }

    private TaggedSource? TagOf(RelationRows rows, int attribute, string name)
    {
        if (_declared.TryGetValue((rows.Schema, rows.Name, name), out var declared))
        {
            return Make(rows, name, declared);
        }

        if (_seen.TryGetValue((rows.Oid, attribute), out var seen))
        {
            return seen;
        }

        foreach (var (schema, table) in rows.Family)
        {
            if (_declared.TryGetValue((schema, table, name), out var inherited))
            {
                return Make(rows, name, inherited);
            }
        }

        foreach (var key in rows.ForeignKeys)
        {
            if (key.Attribute == attribute && _declared.TryGetValue((key.Schema, key.Table, key.Column), out var referenced))
            {
                return Make(rows, name, referenced);
            }
        }

        return null;
    }

    /// <summary>A generated column that reads a tagged one holds the same PHI; generated columns cannot read each other.</summary>
    private static void SpreadToGenerated(RelationRows rows, TaggedSource?[] tags)
    {
        foreach (var (generated, read) in rows.GeneratedFrom)
        {
            if (generated != read && IsTagged(tags, read) && generated > 0 && generated <= tags.Length && tags[generated - 1] is null)
            {
                tags[generated - 1] = new TaggedSource(rows.Schema, rows.Name, rows.Columns[generated - 1] ?? "", ReservedTags.Derived, maskIsConstant: false, tags[read - 1]!.Predicates);
            }
        }
    }

    private void TagNewColumns(RelationRows rows, TaggedSource?[] tags)
    {
        if (Array.TrueForAll(tags, tag => tag is null))
        {
            return;
        }

        var firstWidth = _firstWidth.GetOrAdd(rows.Oid, tags.Length);
        for (var i = firstWidth; i < tags.Length; i++)
        {
            if (rows.Columns[i] is { } name)
            {
                tags[i] ??= new TaggedSource(rows.Schema, rows.Name, name, ReservedTags.Unclassified, maskIsConstant: false);
            }
        }
    }

    private static bool IsTagged(TaggedSource?[] tags, int attribute) => attribute > 0 && attribute <= tags.Length && tags[attribute - 1] is not null;

    private static TaggedSource Make(RelationRows rows, string column, in TaggedColumn declared) =>
        new(rows.Schema, rows.Name, column, declared.Tag, declared.MaskIsConstant, declared.Predicates);
}

/// <summary>What the catalogue query returned for one relation.</summary>
internal sealed class RelationRows
{
    public required uint Oid { get; init; }

    public required string Schema { get; init; }

    public required string Name { get; init; }

    public required char Kind { get; init; }

    public string?[] Columns { get; set; } = [];

    public List<(string Schema, string Table)> Family { get; } = [];

    public List<(int Attribute, string Schema, string Table, string Column)> ForeignKeys { get; } = [];

    public List<(int Generated, int Read)> GeneratedFrom { get; } = [];

    public byte[]? Definition { get; set; }
}
