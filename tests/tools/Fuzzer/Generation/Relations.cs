using Sallyport.Tools.Fuzzer.Database;
using Sallyport.Tools.Fuzzer.Wire;

namespace Sallyport.Tools.Fuzzer.Generation;

/// <summary>The relations statements read, as the server lists them.</summary>
internal static class Relations
{
    private static readonly HashSet<string> Computed = ["uc", "big_name", "ref", "len", "aged", "no_dob", "youngest", "low", "twice", "n"];

    private static readonly Dictionary<string, int> Weights = new(StringComparer.Ordinal)
    {
        ["fuzz.subject"] = 30,
        ["fuzz.chart"] = 22,
        ["fuzz.visit"] = 12,
        ["fuzz.v_subject"] = 8,
        ["fuzz.v_derived"] = 8,
        ["fuzz.v_joined"] = 6,
        ["fuzz.plain"] = 6,
        ["fuzz.mv_subject"] = 5,
    };

    /// <summary>Catalogues with copies of what tables hold; only columns that are the same whenever they are asked.</summary>
    private static readonly Relation[] Catalogues =
    [
        new("pg_catalog.pg_stats", [Column("tablename", "name"), Column("attname", "name"), Column("null_frac", "real"), Column("inherited", "boolean")], 1),
        new("pg_catalog.pg_class", [Column("relname", "name"), Column("relkind", "\"char\""), Column("reltuples", "real"), Column("relpages", "integer"), Column("oid", "oid")], 1),
        new("pg_catalog.pg_attribute", [Column("attname", "name"), Column("attrelid", "oid"), Column("atthasdef", "boolean")], 1),
    ];

    public static async Task<IReadOnlyList<Relation>> ReadAsync(Client client)
    {
        var rows = await client.RowsAsync(
            """
            SELECT n.nspname || '.' || c.relname, a.attname, format_type(a.atttypid, NULL)
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
            WHERE n.nspname IN ('fuzz', 'scratch') AND c.relkind IN ('r', 'v', 'm', 'p') AND a.attnum > 0 ORDER BY c.oid, a.attnum
            """);
        return
        [
            .. rows.GroupBy(r => r[0]!).Select(g => new Relation(g.Key, [.. g.Select(r => Column(g.Key, r[1]!, r[2]!))], Weights.GetValueOrDefault(g.Key, 2))),
            .. Catalogues,
        ];
    }

    private static ScopeColumn Column(string relation, string name, string type)
    {
        var phi = relation is "fuzz.plain" or "scratch.log" or "scratch.unnamed" ? null : PhiColumns.All.FirstOrDefault(c => c.Name == name && c.Type == type);
        return new ScopeColumn(name, type, phi, phi is not null || (Computed.Contains(name) && relation != "scratch.log"));
    }

    private static ScopeColumn Column(string name, string type) => new(name, type, null, IsTainted: false);
}
