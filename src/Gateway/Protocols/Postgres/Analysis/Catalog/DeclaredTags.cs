using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Catalog;

/// <summary>The columns declared as PHI by name, and those once seen as PHI by their numbers, which stay so through renames.</summary>
internal sealed class DeclaredTags
{
    private readonly Dictionary<(string Schema, string Table, string Column), TaggedColumn> _declared = [];
    private readonly Dictionary<string, TaggedColumn> _byOrigin = new(StringComparer.Ordinal);
    private readonly ILookup<(string Schema, string Table), TaggedColumn> _byTable;
    private readonly HashSet<(string Schema, string Table, string Column)> _clean;
    private readonly ColumnMemory _memory;

    /// <param name="tagged">The columns declared as PHI.</param>
    /// <param name="clean">The columns declared free of it.</param>
    /// <param name="memory">What is known of the columns of earlier days.</param>
    public DeclaredTags(IReadOnlyCollection<TaggedColumn> tagged, IEnumerable<PhiColumn> clean, ColumnMemory memory)
    {
        _memory = memory;
        _byTable = tagged.ToLookup(static column => (column.Schema, column.Table));
        _clean = [.. clean.Select(static column => (column.Schema, column.Table, column.Column))];
        foreach (var column in tagged)
        {
            _declared[(column.Schema, column.Table, column.Column)] = column;
            _byOrigin[OriginOf(column)] = column;
        }
    }

    /// <summary>Works out the tag of every column of one relation.</summary>
    public TaggedSource?[] Resolve(RelationRows rows)
    {
        var tags = new TaggedSource?[rows.Columns.Length];
        var origins = new string[tags.Length];
        rows.MissingColumn = MissingColumn(rows);
        for (var i = 0; i < tags.Length; i++)
        {
            if (rows.Columns[i] is { } name)
            {
                var declared = DeclaredAs(rows, i + 1, name);
                tags[i] = declared is { } column ? Make(rows, name, column, ListedAs(rows, i + 1, name, column))
                    : _memory.Find(rows.Oid, i + 1) is { IsDerived: true } ? Stored(rows, name, ReservedTags.Derived) : null;
                origins[i] = declared is { } origin ? OriginOf(origin) : "";
            }
        }

        SpreadToGenerated(rows, tags);
        if (rows.MissingColumn is not null || Array.Exists(tags, static tag => tag is not null))
        {
            Classify(rows, tags, origins);
        }

        return tags;
    }

    /// <summary>The declared column a column is, or has to be treated like.</summary>
    private TaggedColumn? DeclaredAs(RelationRows rows, int attribute, string name)
    {
        if (_declared.TryGetValue((rows.Schema, rows.Name, name), out var declared)
            || (_memory.Find(rows.Oid, attribute) is { Origin.Length: > 0 } known && _byOrigin.TryGetValue(known.Origin, out declared)))
        {
            return declared;
        }

        foreach (var (schema, table) in rows.Family)
        {
            if (_declared.TryGetValue((schema, table, name), out var inherited))
            {
                return inherited;
            }
        }

        foreach (var key in rows.ForeignKeys)
        {
            if (key.Attribute == attribute && _declared.TryGetValue((key.Schema, key.Table, key.Column), out var referenced))
            {
                return referenced;
            }
        }

        return null;
    }

    /// <summary>
    /// The name under which the configuration lists this very column. None once names have drifted, or it was another listed column before: then its name does
    /// not say what is in it. None either where a table that shares its rows lists the column for itself.
    /// </summary>
    private string? ListedAs(RelationRows rows, int attribute, string name, TaggedColumn declared)
    {
        var origin = OriginOf(declared);
        var wasAnother = _memory.Find(rows.Oid, attribute) is { Origin: { Length: > 0 } known } && known != origin;
        return rows.MissingColumn is null && !wasAnother && (rows.Schema, rows.Name, name) == (declared.Schema, declared.Table, declared.Column)
            && !rows.Family.Exists(member => member != (rows.Schema, rows.Name) && _declared.ContainsKey((member.Schema, member.Table, name)))
            ? origin
            : null;
    }

    /// <summary>A declared column that the relation does not have and never had as far as is known: configuration and database have drifted apart.</summary>
    private string? MissingColumn(RelationRows rows)
    {
        foreach (var declared in _byTable[(rows.Schema, rows.Name)])
        {
            if (!rows.Columns.Contains(declared.Column) && !_memory.HasOrigin(rows.Oid, rows.Columns.Length, OriginOf(declared)))
            {
                return declared.Column;
            }
        }

        return null;
    }

    /// <summary>
    /// Columns that were there when the table was first seen, and carry no tag, are free of PHI, as the configuration says. Those that come later
    /// are not classified; nor is any column of a table whose declared columns cannot be found.
    /// </summary>
    private void Classify(RelationRows rows, TaggedSource?[] tags, string[] origins)
    {
        var isNew = !_memory.IsKnown(rows.Oid);
        for (var i = 0; i < tags.Length; i++)
        {
            if (rows.Columns[i] is not { } name)
            {
                continue;
            }

            var isClassified = tags[i] is not null || _clean.Contains((rows.Schema, rows.Name, name))
                || (rows.MissingColumn is null && (isNew || _memory.Find(rows.Oid, i + 1) is not null));
            if (!isClassified)
            {
                tags[i] = Stored(rows, name, ReservedTags.Unclassified);
            }
            else if (rows.MissingColumn is null && !(_memory.Find(rows.Oid, i + 1) is { Origin: { Length: > 0 } known } && known != origins[i] && _byOrigin.ContainsKey(known)))
            {
                _memory.Remember(new KnownColumn(rows.Oid, i + 1, origins[i], tags[i] is { Tag: ReservedTags.Derived }));
            }
        }
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

    private static bool IsTagged(TaggedSource?[] tags, int attribute) => attribute > 0 && attribute <= tags.Length && tags[attribute - 1] is not null;

    private static string OriginOf(in TaggedColumn column) => QualifiedName.Join(column.Schema, column.Table, column.Column);

    private static TaggedSource Stored(RelationRows rows, string column, string tag) => new(rows.Schema, rows.Name, column, tag, maskIsConstant: false);

    /// <summary>A renamed column of the declared table is called as it was declared: rules know it by that.</summary>
    private static TaggedSource Make(RelationRows rows, string column, in TaggedColumn declared, string? listedAs) => new(
        rows.Schema,
        rows.Name,
        (rows.Schema, rows.Name) == (declared.Schema, declared.Table) ? declared.Column : column,
        declared.Tag,
        declared.MaskIsConstant,
        declared.Predicates)
    {
        ListedAs = listedAs,
    };
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

    /// <summary>A column the configuration declares that is not there.</summary>
    public string? MissingColumn { get; set; }
}
