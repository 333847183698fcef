using System.Text;

namespace Sallyport.Tools.Fuzzer.Database;

/// <summary>Rows for both databases: the same NULLs, the same equalities, the same order, the same values in untagged columns.</summary>
internal static class Population
{
    private const int NullPercent = 15;

    private static readonly (string Table, int Rows, Func<int, Prng, string[]> Clean, string[] CleanColumns)[] Tables =
    [
        ("fuzz.subject", 12, Subject, ["id", "grp", "ward", "note", "score", "made", "active"]),
        ("fuzz.chart", 12, (i, r) => [$"{i}", $"{r.Between(1, 12)}", Text($"t{r.Below(4)}"), Text($"{{\"k\": {r.Below(3)}, \"u\": \"v{r.Below(3)}\"}}"), Text($"{{{r.Below(5)},{r.Below(5)}}}")], ["id", "subject_id", "title", "info", "marks"]),
        ("fuzz.visit", 14, (i, r) => [$"{i}", $"{r.Between(1, 12)}", Text(i % 3 == 0 ? "north" : "south"), $"{r.Below(90)}.5"], ["id", "subject_id", "site", "cost"]),
        ("fuzz.stay", 8, (i, _) => [$"{i}"], ["id"]),
        ("fuzz.base", 5, (i, r) => [$"{i}", Text($"p{r.Below(3)}")], ["id", "plain"]),
        ("fuzz.child", 5, (i, r) => [$"{i + 5}", Text($"p{r.Below(3)}")], ["id", "plain"]),
        ("fuzz.guarded", 6, (i, r) => [$"{i}", $"{r.Below(5)}", Text($"m{i}")], ["id", "owner_group", "memo"]),
        ("fuzz.audit", 4, (_, _) => [Text("UPDATE")], ["what"]),
        ("fuzz.plain", 10, Plain, ["id", "a", "b", "c", "d", "e", "f"]),
        ("scratch.unnamed", 3, (i, _) => [$"{i}", Text($"v{i}")], ["id", "v"]),
    ];

    /// <summary>The statements that fill one database.</summary>
    public static IEnumerable<string> Statements(ulong seed, bool second)
    {
        foreach (var (table, rows, clean, columns) in Tables)
        {
            // Drawn anew for each database, from the same numbers.
            var random = Prng.For(seed, Prng.Hash(table));
            var tagged = PhiColumns.All.Where(c => c.Table == table).ToList();
            if (table == "fuzz.child")
            {
                tagged.Add(PhiColumns.All.Single(c => c.FullName == "fuzz.base.word") with { Table = table });
            }

            var sql = new StringBuilder($"INSERT INTO {table} ({string.Join(", ", [.. columns, .. tagged.Select(c => c.Name)])}) VALUES");
            for (var row = 1; row <= rows; row++)
            {
                var cells = clean(row, random).Concat(tagged.Select(c => Cell(c, row, random, second)));
                sql.Append(row == 1 ? "\n (" : ",\n (").AppendJoin(", ", cells).Append(')');
            }

            yield return sql.ToString();
        }

        yield return "REFRESH MATERIALIZED VIEW fuzz.mv_subject";
    }

    private static string Cell(PhiColumn column, int row, Prng random, bool second)
    {
        var isNull = random.Chance(NullPercent);
        var k = random.Below(column.Classes);
        return column switch
        {
            { IsKey: true } => Text(column.ValueOf(row - 1, second)),
            { Nullable: true } when isNull => "NULL",
            _ => Text(column.ValueOf(k, second)),
        };
    }

    private static string[] Subject(int i, Prng r) =>
        [$"{i}", $"{r.Below(4)}", Text($"w{r.Below(3)}"), r.Chance(20) ? "NULL" : Text($"n{r.Below(5)}"), $"{r.Below(10)}.25", Text($"2024-01-0{r.Between(1, 9)} 00:00:00+00"), r.Chance(50) ? "true" : "false"];

    private static string[] Plain(int i, Prng r) =>
    [
        $"{i}", Text($"a{r.Below(4)}"), r.Chance(20) ? "NULL" : $"{r.Below(6)}", $"{r.Below(6)}.5", Text($"2024-02-0{r.Between(1, 9)}"),
        Text($"{{\"x\": [{r.Below(3)}], \"y\": \"z{r.Below(3)}\"}}"), Text($"{{q{r.Below(3)},r}}"),
    ];

    private static string Text(string value) => "'" + value.Replace("'", "''", StringComparison.Ordinal) + "'";
}
