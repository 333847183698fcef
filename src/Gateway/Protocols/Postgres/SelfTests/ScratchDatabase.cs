using System.Globalization;
using System.Security.Cryptography;
using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Administration;

namespace Sallyport.Gateway.Protocols.Postgres.SelfTests;

/// <summary>One table of the scratch database.</summary>
/// <param name="Sql">Its quoted name.</param>
/// <param name="Columns">In the order of the target's own table.</param>
internal sealed record ScratchTable(string Sql, IReadOnlyList<ScratchColumn> Columns);

/// <summary>One column.</summary>
/// <param name="Name">Unquoted.</param>
/// <param name="Qualified">As reports name it.</param>
/// <param name="Type">As SQL.</param>
/// <param name="Canaries">Its values, in the order of the rows; empty for an unprotected one.</param>
internal sealed record ScratchColumn(string Name, string Qualified, string Type, IReadOnlyList<Canary> Canaries)
{
    public bool IsText => Type.StartsWith("text", StringComparison.Ordinal) || Type.StartsWith("character", StringComparison.Ordinal);

    public bool CanBeKnown => Canaries.Any(static canary => canary.Token.Length > 0);
}

/// <summary>A database beside the target's own: the protected tables without their rows, filled with made-up values, and dropped in the end.</summary>
internal sealed class ScratchDatabase
{
    /// <summary>What its name begins with: whatever is left of an earlier run is found by it.</summary>
    public const string Prefix = "sallyport_selftest_";

    /// <summary>A column every table gets: untagged, 1 to <see cref="Rows"/>.</summary>
    public const string Key = "sallyport_row";

    /// <summary>The schema agents can write to.</summary>
    public const string Work = "sallyport_selftest";

    private const int Rows = 5;

    private readonly List<string> _skipped = [];

    public string Name { get; } = Prefix + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6));

    public IReadOnlyList<ScratchTable> Tables { get; private set; } = [];

    public IReadOnlyList<string> Skipped => _skipped;

    /// <summary>Removes what a crash left. A database somebody is connected to is another run's, and stays.</summary>
    public static async ValueTask CleanAsync(PlainConnection admin)
    {
        foreach (var row in await admin.QueryAsync($"SELECT datname FROM pg_database d WHERE starts_with(datname, '{Prefix}') AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.datname = d.datname)"))
        {
            await admin.QueryAsync($"DROP DATABASE IF EXISTS {SqlQuoting.Name(row[0]!)}");
        }
    }

    /// <summary>Reads how the protected tables look. Types that are no built-in ones become text.</summary>
    public async ValueTask ReadAsync(PlainConnection target, IReadOnlyList<PhiColumn> columns)
    {
        var rows = await target.QueryAsync(
            PhiClosureSql.With(columns)
            + """
            SELECT n.nspname, c.relname, c.relkind, a.attname, EXISTS (SELECT FROM declared d WHERE d.sch = n.nspname AND d.tab = c.relname AND d.col = a.attname),
                   CASE WHEN b.typnamespace <> 'pg_catalog'::regnamespace OR b.typtype NOT IN ('b', 'r') THEN 'text'
                        WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) ELSE format_type(a.atttypid, a.atttypmod) END
              FROM (SELECT DISTINCT sch, tab FROM declared) w JOIN pg_namespace n ON n.nspname = w.sch JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w.tab
              JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
              JOIN pg_type t ON t.oid = a.atttypid JOIN pg_type b ON b.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END
             ORDER BY 1, 2, a.attnum
            """);
        var tables = new List<ScratchTable>();
        foreach (var table in rows.GroupBy(static row => (Schema: row[0]!, Name: row[1]!)))
        {
            if (table.First()[2] is "v" or "m")
            {
                _skipped.Add($"{table.Key.Schema}.{table.Key.Name}: a view, whose query is not copied");
                continue;
            }

            tables.Add(new ScratchTable(SqlQuoting.Name(table.Key.Schema, table.Key.Name), [.. table.Select(row => Column(table.Key.Schema, table.Key.Name, row))]));
        }

        Tables = tables;
        foreach (var missing in columns.Where(c => !rows.Any(row => row[0] == c.Schema && row[1] == c.Table && row[3] == c.Column)))
        {
            _skipped.Add($"{missing.Schema}.{missing.Table}.{missing.Column}: not there");
        }
    }

    /// <summary>Makes and fills the tables, on a connection to the scratch database itself.</summary>
    public async ValueTask FillAsync(PlainConnection scratch, string role)
    {
        var to = SqlQuoting.Name(role);
        var work = SqlQuoting.Name(Work);
        await scratch.QueryAsync($"CREATE SCHEMA {work}; GRANT USAGE, CREATE ON SCHEMA {work} TO {to}");
        foreach (var schema in Tables.Select(static table => table.Sql[..table.Sql.IndexOf("\".\"", StringComparison.Ordinal)] + "\"").Distinct(StringComparer.Ordinal))
        {
            await scratch.QueryAsync($"CREATE SCHEMA IF NOT EXISTS {schema}; GRANT USAGE ON SCHEMA {schema} TO {to}");
        }

        foreach (var table in Tables)
        {
            var filled = table.Columns.Where(static column => column.Canaries.Count > 0).ToList();
            await scratch.QueryAsync($"CREATE TABLE {table.Sql} ({Key} integer{string.Concat(table.Columns.Select(static c => $", {SqlQuoting.Name(c.Name)} {c.Type}"))})");
            var values = Enumerable.Range(0, Rows).Select(row => $"({string.Join(", ", filled.Select(c => c.Canaries[row].Literal).Prepend((row + 1).ToString(CultureInfo.InvariantCulture)))})");
            await scratch.QueryAsync($"INSERT INTO {table.Sql} ({string.Join(", ", filled.Select(static c => SqlQuoting.Name(c.Name)).Prepend(Key))}) VALUES {string.Join(", ", values)}");
            await scratch.QueryAsync($"GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE {table.Sql} TO {to}");
        }

        var first = Tables.SelectMany(static table => table.Columns.Where(static c => c.CanBeKnown).Select(column => (table.Sql, Column: SqlQuoting.Name(column.Name)))).First();
        await scratch.QueryAsync(
            $"""
            CREATE TABLE {work}.selftest_notes (id integer, note text);
            INSERT INTO {work}.selftest_notes SELECT i, 'harmless' FROM generate_series(1, {Rows}) i;
            CREATE VIEW {work}.selftest_view AS SELECT * FROM {first.Sql};
            CREATE FUNCTION {work}.selftest_definer() RETURNS text LANGUAGE sql STABLE SECURITY DEFINER AS {SqlQuoting.Text($"SELECT {first.Column}::text FROM {first.Sql} LIMIT 1")};
            GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {work} TO {to};
            ANALYZE
            """);
    }

    private ScratchColumn Column(string schema, string table, string?[] row)
    {
        var (name, type) = (row[3]!, row[5]!);
        var qualified = QualifiedName.Join(schema, table, name);
        var canaries = new List<Canary>();
        for (var i = 0; row[4] == "t" && i < Rows && Canary.Of(qualified, type) is { } canary; i++)
        {
            canaries.Add(canary);
        }

        var column = new ScratchColumn(name, qualified, type, canaries);
        if (row[4] == "t" && !column.CanBeKnown)
        {
            _skipped.Add($"{qualified}: a value of the type {type} is too short to be known again");
        }

        return column;
    }
}
