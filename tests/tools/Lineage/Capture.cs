using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Npgsql;
using Sallyport.Gateway.Protocols.Postgres.Analysis;

namespace Sallyport.Tools.Lineage;

/// <summary>Makes the golden dumps: runs schema.sql in an empty database, prepares every statement of statements.sql, and keeps dumps and facts.</summary>
internal static partial class Capture
{
    public static async Task<int> RunAsync(string connection, string directory)
    {
        var catalog = new TargetCatalog([], []);
        await using (var setup = await DumpSession.OpenAsync(connection))
        {
            await setup.BootstrapAsync(catalog);
            await setup.ExecuteAsync(await File.ReadAllTextAsync(Path.Combine(directory, "schema.sql")));
        }

        var target = Directory.CreateDirectory(Path.Combine(directory, catalog.Major.ToString(CultureInfo.InvariantCulture)));
        await using var session = await DumpSession.OpenAsync(connection);
        await session.ExecuteAsync("SET search_path = ward");
        var numbers = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (head, sql) in Statements(await File.ReadAllTextAsync(Path.Combine(directory, "statements.sql"))))
        {
            var words = head.Split(' ');
            if (Array.IndexOf(words, "since") is var since and > 0 && int.Parse(words[since + 1], CultureInfo.InvariantCulture) > catalog.Major)
            {
                continue;
            }

            if (Array.IndexOf(words, "as") is var role and > 0)
            {
                await session.ExecuteAsync($"SET ROLE {words[role + 1]}");
            }

            try
            {
                var dump = await session.DumpAsync(sql) ?? throw new InvalidOperationException($"{words[0]}: the server printed no query tree");
                await File.WriteAllBytesAsync(Path.Combine(target.FullName, words[0] + ".txt"), dump);
                numbers.UnionWith(NumberPattern().Matches(Encoding.UTF8.GetString(dump)).Select(match => match.Value));
            }
            catch (PostgresException error)
            {
                await Console.Error.WriteLineAsync($"{catalog.Major} {words[0]}: {error.MessageText}");
                return 1;
            }

            await session.ExecuteAsync("RESET ROLE");
        }

        // What the facts say of a function depends on what the role that asks may do.
        await session.ExecuteAsync("SET ROLE reader");
        await WriteFactsAsync(session, catalog, Path.Combine(target.FullName, "facts.jsonl"), numbers);
        Console.WriteLine($"PostgreSQL {catalog.Major}: {target.GetFiles("*.txt").Length} dumps");
        return 0;
    }

    /// <summary>Keeps the catalogue rows the dumps refer to: every relation of the schema, and the functions and operators that occur.</summary>
    private static async Task WriteFactsAsync(DumpSession session, TargetCatalog catalog, string file, HashSet<string> numbers)
    {
        var relations = await Oids(session, "SELECT oid FROM pg_class WHERE relnamespace = 'ward'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S')");
        var functions = await Oids(session, "SELECT oid FROM pg_proc WHERE pronamespace = 'ward'::regnamespace");
        var own = await Oids(session, "SELECT oid FROM pg_operator WHERE oprnamespace = 'ward'::regnamespace");
        var rows = await session.RowsAsync(catalog.QueryFor(new MissingFacts([.. relations], [.. functions], [.. own]) { PartitionKeys = true }).Sql);
        foreach (var row in rows.Where(row => Is(row, "d")))
        {
            numbers.UnionWith(NumberPattern().Matches(Encoding.UTF8.GetString(row[2]!)).Select(match => match.Value));
        }

        var operators = new HashSet<string>(StringComparer.Ordinal);
        foreach (var query in catalog.Bootstrap)
        {
            foreach (var row in await session.RowsAsync(query.Sql))
            {
                var isFact = row.Length > 1;
                if (!isFact)
                {
                    continue;
                }

                var oid = Encoding.UTF8.GetString(row[1]!);
                if (numbers.Contains(oid) || operators.Contains(oid))
                {
                    rows.Add(row);
                }
            }
        }

        // Operators call functions whose numbers no dump shows (sort keys).
        var called = rows.Where(row => Is(row, "o")).Select(row => Encoding.UTF8.GetString(row[2]!)).ToHashSet(StringComparer.Ordinal);
        foreach (var row in await session.RowsAsync(catalog.Bootstrap[1].Sql))
        {
            var oid = Encoding.UTF8.GetString(row[1]!);
            if (called.Contains(oid) && !numbers.Contains(oid))
            {
                rows.Add(row);
            }
        }

        await File.WriteAllLinesAsync(file, rows.Select(row => JsonSerializer.Serialize(row.Select(cell => cell is null ? null : Encoding.UTF8.GetString(cell)))));
    }

    private static bool Is(byte[]?[] row, string kind) => Encoding.UTF8.GetString(row[0]!) == kind;

    private static async Task<List<uint>> Oids(DumpSession session, string sql) =>
        [.. (await session.RowsAsync(sql)).Select(row => uint.Parse(row[0], CultureInfo.InvariantCulture))];

    private static IEnumerable<(string Head, string Sql)> Statements(string text)
    {
        foreach (var block in text.Split("--# ").Skip(1))
        {
            var end = block.IndexOf('\n', StringComparison.Ordinal);
            yield return (block[..end], block[(end + 1)..].Trim());
        }
    }

    [GeneratedRegex("[0-9]+", RegexOptions.None, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex NumberPattern();
}
