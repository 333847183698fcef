using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Catalog;

/// <summary>The functions that are known, by OID, with the verdict on each. Thread-safe.</summary>
internal sealed class FunctionTable
{
    /// <summary>Most functions remembered; beyond it those that are not the server's own are read anew.</summary>
    private const int MaxFunctions = 200_000;

    private readonly ConcurrentDictionary<uint, FunctionFacts> _functions = new();
    private volatile Dictionary<(string Schema, string Name), List<DeclaredFunction>> _declared;

    public FunctionTable(IEnumerable<DeclaredFunction> declared) => _declared = ByName(declared);

    public FunctionFacts? Find(uint oid) => _functions.GetValueOrDefault(oid);

    /// <summary>Forgets every function that can have changed.</summary>
    public void Invalidate()
    {
        foreach (var oid in _functions.Keys)
        {
            if (oid >= TargetCatalog.FirstNormalOid)
            {
                _functions.TryRemove(oid, out _);
            }
        }
    }

    /// <summary>Takes other declarations; functions read from now on are judged by them.</summary>
    public void Redeclare(IEnumerable<DeclaredFunction> declared) => _declared = ByName(declared);

    /// <param name="rows">Rows of <see cref="FunctionSql"/>; others are passed over.</param>
    /// <param name="readAt">When they were read, in ticks of the catalogue's clock.</param>
    public void Load(IReadOnlyList<byte[]?[]> rows, long readAt = 0)
    {
        if (_functions.Count > MaxFunctions)
        {
            Invalidate();
        }

        var own = rows.Where(static row => Text(row, 0) is "u").ToDictionary(static row => Oid(row, 1), ReadOwn);
        var aggregates = new List<(FunctionRow Row, OwnFunction Own)>();
        foreach (var row in rows)
        {
            if (Text(row, 0) is not "f")
            {
                continue;
            }

            var function = new FunctionRow(Oid(row, 1), Text(row, 2), Text(row, 3), Text(row, 4) is "v", Text(row, 5), Text(row, 7));
            var definition = own.GetValueOrDefault(function.Oid);
            if (definition is { Kind: 'a' } && function.Extension.Length == 0)
            {
                aggregates.Add((function, definition));
                continue;
            }

            Publish(function, row[6] is null ? 0 : Number(row, 6), definition, readAt);
        }

        foreach (var (row, definition) in aggregates)
        {
            PublishAggregate(row, definition, readAt);
        }
    }

    private static Dictionary<(string Schema, string Name), List<DeclaredFunction>> ByName(IEnumerable<DeclaredFunction> declared) =>
        declared.GroupBy(static function => (function.Schema, function.Name)).ToDictionary(static group => group.Key, static group => group.ToList());

    private void Publish(in FunctionRow row, int textColumn, OwnFunction? own, long readAt)
    {
        var verdict = FunctionRules.Judge(row);
        string? denial = null;
        if (verdict is FunctionVerdict.Unclassified && own is not null)
        {
            (verdict, denial) = own.Judge(Declared(row.Schema, row.Name, own.Arguments), row.Schema, row.IsVolatile);
        }

        var isVolatile = row.IsVolatile && !(verdict is FunctionVerdict.Tainting && own is { OnlyReads: true });
        var returnsOthersText = row.Name is "pg_stat_get_activity" or "pg_prepared_xact" or "pg_stat_statements";
        _functions[row.Oid] = new FunctionFacts(row.Oid, row.Schema, row.Name, verdict, isVolatile, row.Oid >= TargetCatalog.FirstNormalOid)
        {
            Extension = row.Extension,
            TaggedResultColumn = returnsOthersText ? textColumn : 0,
            Signature = own is null ? null : $"{QualifiedName.Join(row.Schema, row.Name)}({own.Arguments})",
            Sha256 = own?.Sha256,
            Denial = denial,
            ReadAt = readAt,
        };
    }

    /// <summary>An aggregate does what its functions do; it depends on its arguments only if each of them does.</summary>
    private void PublishAggregate(in FunctionRow row, OwnFunction own, long readAt)
    {
        var isPure = own.Support.All(oid => Find(oid) is { Verdict: FunctionVerdict.Pure, IsVolatile: false });
        _functions[row.Oid] = new FunctionFacts(
            row.Oid, row.Schema, row.Name, isPure ? FunctionVerdict.Pure : FunctionVerdict.Unclassified, row.IsVolatile, IsOwn: true)
        {
            ReadAt = readAt,
            Denial = isPure ? null : "is an aggregate of functions that are not all declared pure",
        };
    }

    private DeclaredFunction? Declared(string schema, string name, string arguments) =>
        !_declared.TryGetValue((schema, name), out var all) ? null
        : all.Find(function => function.Arguments == arguments) ?? all.Find(static function => function.Arguments is null);

    private static OwnFunction ReadOwn(byte[]?[] row)
    {
        var flags = Text(row, 4);
        return new OwnFunction(
            Text(row, 2),
            DeclaredFunction.Spell(Text(row, 3)),
            flags[0],
            flags[1] == '1',
            flags[2] == '1',
            flags[3] == '1',
            flags[4] == '1',
            flags[5] == '1',
            Text(row, 5),
            [.. Text(row, 6).Split(',', StringSplitOptions.RemoveEmptyEntries).Select(static oid => uint.Parse(oid, CultureInfo.InvariantCulture)).Where(static oid => oid != 0)]);
    }

    private static string Text(byte[]?[] row, int column) => column < row.Length && row[column] is { } value ? Encoding.UTF8.GetString(value) : "";

    private static uint Oid(byte[]?[] row, int column) => uint.Parse(Text(row, column), CultureInfo.InvariantCulture);

    private static int Number(byte[]?[] row, int column) => int.Parse(Text(row, column), CultureInfo.InvariantCulture);
}
