namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Catalog;

/// <summary>What is known of one relation. Replaced as a whole when it is read again.</summary>
internal sealed class RelationFacts
{
    private TaggedSource?[] _tags = [];

    public required uint Oid { get; init; }

    public required string Schema { get; init; }

    public required string Name { get; init; }

    /// <summary><c>pg_class.relkind</c>.</summary>
    public required char Kind { get; init; }

    /// <summary>Column names by attribute number minus one; null for dropped columns. Empty for system relations without tags.</summary>
    public string?[] Columns { get; init; } = [];

    /// <summary>The stored query of a view or materialised view, as a node tree.</summary>
    public byte[]? Definition { get; init; }

    /// <summary>When the facts were read, in ticks of the catalogue's clock; system relations never age.</summary>
    public long ReadAt { get; init; }

    public bool IsSystem => Oid < TargetCatalog.FirstNormalOid;

    /// <summary>Whether the columns of a materialised view still have to be derived from its definition.</summary>
    public bool NeedsDerivation { get; private set; }

    public bool HasTags { get; private set; }

    public string FullName => $"{Schema}.{Name}";

    public IEnumerable<TaggedSource> Tags => _tags.OfType<TaggedSource>();

    /// <summary>The tag of an attribute. An attribute that is not known, in a relation with tags, is PHI.</summary>
    public TaggedSource? TagOf(int attribute)
    {
        if (attribute <= 0)
        {
            return null;
        }

        return attribute <= _tags.Length ? _tags[attribute - 1]
            : HasTags ? new TaggedSource(Schema, Name, $"column {attribute}", ReservedTags.Unclassified, maskIsConstant: false)
            : null;
    }

    public RelationFacts WithTags(TaggedSource?[] tags, bool needsDerivation = false)
    {
        _tags = tags;
        HasTags = tags.Any(tag => tag is not null);
        NeedsDerivation = needsDerivation;
        return this;
    }

    /// <summary>The tags merged with those derived from a materialised view's definition; the declared ones win.</summary>
    public RelationFacts Derive(TaggedSource?[] derived)
    {
        var merged = new TaggedSource?[Math.Max(_tags.Length, derived.Length)];
        for (var i = 0; i < merged.Length; i++)
        {
            merged[i] = (i < _tags.Length ? _tags[i] : null) ?? (i < derived.Length ? derived[i] : null);
        }

        var copy = (RelationFacts)MemberwiseClone();
        return copy.WithTags(merged);
    }
}
