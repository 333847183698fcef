using System.Collections.Frozen;
using Sallyport.Gateway.Masking;

namespace Sallyport.Gateway.Policy;

/// <summary>The tagged columns of one target, and the operator of each tag. Names are as PostgreSQL stores them: case matters.</summary>
public sealed class PhiMap
{
    /// <summary>The map of a target without tagged columns.</summary>
    public static readonly PhiMap Empty = new([], new Dictionary<string, MaskOperator>(), new MaskOperator.Redact());

    private readonly FrozenDictionary<(string Schema, string Table), FrozenDictionary<string, string>> _tables;
    private readonly FrozenDictionary<string, string> _tagByName;
    private readonly FrozenDictionary<string, MaskOperator> _masks;
    private readonly MaskOperator _default;

    public PhiMap(IEnumerable<PhiColumn> columns, IReadOnlyDictionary<string, MaskOperator> masks, MaskOperator defaultMask)
    {
        Columns = [.. columns];
        _masks = masks.ToFrozenDictionary(StringComparer.Ordinal);
        _default = defaultMask;
        _tables = Columns
            .GroupBy(c => (c.Schema, c.Table))
            .ToFrozenDictionary(t => t.Key, t => t.ToFrozenDictionary(c => c.Column, c => c.Tag, StringComparer.Ordinal));
        MaskedForms = new MaskedForms(Columns.Select(static c => c.Tag).Distinct());
        _tagByName = Columns.ToFrozenDictionary(c => QualifiedName.Join(c.Schema, c.Table, c.Column), c => c.Tag, StringComparer.Ordinal);
    }

    /// <summary>Every tagged column, in the order of the configuration.</summary>
    public IReadOnlyList<PhiColumn> Columns { get; }

    /// <summary>Columns of tagged tables that were looked at and hold nothing protected. Their tag is <c>none</c>.</summary>
    public IReadOnlyList<PhiColumn> Clean { get; init; } = [];

    /// <summary>What the masks of these tags write.</summary>
    public MaskedForms MaskedForms { get; }

    public bool IsEmpty => _tables.Count == 0;

    /// <summary>The tag of a stored column, or null when it has none.</summary>
    public string? TagOf(string schema, string table, string column) =>
        _tables.TryGetValue((schema, table), out var columns) && columns.TryGetValue(column, out var tag) ? tag : null;

    /// <summary>The tag of a column written as <see cref="QualifiedName.Join(string, string, string)"/> writes it, or null.</summary>
    public string? TagOf(string qualifiedColumn) => _tagByName.GetValueOrDefault(qualifiedColumn);

    /// <summary>Whether any column of a relation is tagged.</summary>
    public bool IsTagged(string schema, string table) => _tables.ContainsKey((schema, table));

    /// <summary>Whether the operator of any tag in use needs a key that is stored.</summary>
    public bool NeedsStoredKey => Columns.Any(column => MaskFor(column.Tag).NeedsStoredKey);

    /// <summary>The operator of a tag; a tag without its own operator gets the configured default.</summary>
    public MaskOperator MaskFor(string tag) => _masks.GetValueOrDefault(tag, _default);
}

/// <summary>One tagged column, e.g. <c>clinic.patients.mrn</c> with tag <c>MRN</c>.</summary>
public readonly record struct PhiColumn(string Schema, string Table, string Column, string Tag);
