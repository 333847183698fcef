using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Catalog;

/// <summary>The data types that are known, by OID. Thread-safe.</summary>
internal sealed class TypeTable
{
    /// <summary>Most types remembered; beyond it those that are not the server's own are read anew.</summary>
    private const int MaxTypes = 100_000;

    private readonly ConcurrentDictionary<uint, (TypeFacts Facts, int Generation)> _types = new();
    private volatile int _generation;

    /// <summary>
    /// Facts of a type, or null when it was never read. After DDL they may be old: a mask made by them may then be one the client cannot
    /// read, but still a mask.
    /// </summary>
    public TypeFacts? Find(uint oid) => _types.TryGetValue(oid, out var known) ? known.Facts : null;

    /// <summary>Whether a type and everything it is made of were read since the last DDL.</summary>
    public bool IsKnown(uint oid) => oid < TargetCatalog.FirstNormalOid ? _types.ContainsKey(oid) : _types.TryGetValue(oid, out var known) && known.Generation == _generation;

    public void Invalidate() => Interlocked.Increment(ref _generation);

    /// <param name="rows">Rows of <see cref="TypeSql"/>; others are passed over.</param>
    public void Load(IReadOnlyList<byte[]?[]> rows)
    {
        var attributes = Attributes(rows);
        foreach (var row in rows)
        {
            if (Text(row, 0) is "t")
            {
                var facts = Read(row, attributes);
                _types[facts.Oid] = (facts, _generation);
            }
        }

        if (_types.Count > MaxTypes)
        {
            foreach (var oid in _types.Keys.Where(static oid => oid >= TargetCatalog.FirstNormalOid))
            {
                _types.TryRemove(oid, out _);
            }
        }
    }

    private static Dictionary<uint, ImmutableArray<TypeAttribute>> Attributes(IReadOnlyList<byte[]?[]> rows) => rows
        .Where(static row => Text(row, 0) is "ta")
        .OrderBy(static row => Number(row, 2))
        .GroupBy(static row => Oid(row, 1))
        .ToDictionary(
            static group => group.Key,
            static group => group.Select(static row => new TypeAttribute(Text(row, 3), Oid(row, 4), Number(row, 5))).ToImmutableArray());

    private static TypeFacts Read(byte[]?[] row, Dictionary<uint, ImmutableArray<TypeAttribute>> attributes)
    {
        var oid = Oid(row, 1);
        var form = Text(row, 4);
        var kind = form[0] switch
        {
            'a' => TypeKind.Array,
            'd' => TypeKind.Domain,
            'e' => TypeKind.Enum,
            'c' => TypeKind.Composite,
            'r' => TypeKind.Range,
            'm' => TypeKind.Multirange,
            'p' => TypeKind.Pseudo,
            _ => TypeKind.Base,
        };
        var related = row[5] is null ? 0 : Oid(row, 5);
        return new TypeFacts(oid, Text(row, 2), Text(row, 3), kind, form[1])
        {
            Delimiter = form[2],
            BaseModifier = kind == TypeKind.Domain ? int.Parse(form.AsSpan(3), CultureInfo.InvariantCulture) : -1,
            ElementOid = kind == TypeKind.Array ? related : 0,
            BaseOid = kind == TypeKind.Domain ? related : 0,
            SubtypeOid = kind == TypeKind.Range ? related : 0,
            RangeOid = kind == TypeKind.Multirange ? related : 0,
            FirstLabel = row[6] is null ? null : Text(row, 6),
            Extension = row[7] is null ? null : Text(row, 7),
            Attributes = attributes.GetValueOrDefault(oid, []),
        };
    }

    private static string Text(byte[]?[] row, int column) => column < row.Length && row[column] is { } value ? Encoding.UTF8.GetString(value) : "";

    private static uint Oid(byte[]?[] row, int column) => uint.Parse(Text(row, column), CultureInfo.InvariantCulture);

    private static int Number(byte[]?[] row, int column) => int.Parse(Text(row, column), CultureInfo.InvariantCulture);
}
