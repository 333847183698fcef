using System.Diagnostics;
using System.Text.Json;
using Npgsql;
using Sallyport.Gateway.Protocols.Postgres.Analysis;

namespace Sallyport.Tools.Lineage;

/// <summary>Prints what the analysis says of single statements.</summary>
internal static class Judge
{
    /// <summary>The best of many short batches is the cost on a machine that does other things as well.</summary>
    private const int Batches = 60;
    private const int RoundsPerBatch = 50;

    public static async Task<int> RunAsync(string connection, string tagsFile, string[] statements)
    {
        await using var session = await DumpSession.OpenAsync(connection);
        var catalog = new TargetCatalog(Tags(tagsFile), []);
        await session.BootstrapAsync(catalog);
        foreach (var sql in statements)
        {
            try
            {
                var dump = await session.DumpAsync(sql);
                Console.WriteLine(dump is null ? $"no dump: {sql}" : $"{Describe(await session.AnalyzeAsync(dump, catalog))}\n    {sql}");
                if (dump is not null)
                {
                    Console.WriteLine($"    {dump.Length} bytes, {Microseconds(dump, catalog):F1} us, {AllocatedBytes(dump, catalog)} bytes allocated");
                }
            }
            catch (PostgresException refused)
            {
                Console.WriteLine($"server: {refused.MessageText}\n    {sql}");
            }
        }

        return 0;
    }

    /// <summary>Reads <c>{"phi": {"schema.table": ["column", ...]}}</c>; the tag of a column is its upper-cased name.</summary>
    public static List<TaggedColumn> Tags(string file)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(file));
        var columns = new List<TaggedColumn>();
        foreach (var table in document.RootElement.GetProperty("phi").EnumerateObject())
        {
            var parts = table.Name.Split('.');
            columns.AddRange(table.Value.EnumerateArray().Select(column => new TaggedColumn(parts[0], parts[1], column.GetString()!, column.GetString()!.ToUpperInvariant(), MaskIsConstant: true)));
        }

        return columns;
    }

    public static string Describe(AnalysisOutcome outcome) => outcome switch
    {
        AnalysisOutcome.Understood { Analysis: { Refusal: { } refusal } } => $"REFUSED {refusal.Rule}: {refusal.Reason} {refusal.Remedy}",
        AnalysisOutcome.Understood { Analysis: var analysis } =>
            $"{analysis.Class} {analysis.Effects}{(analysis.Unbounded ? " unbounded" : "")}{(analysis.TouchesPhi ? " phi" : "")}{(analysis.IsUtility ? " utility" : "")} "
            + $"relations [{string.Join(", ", analysis.Relations.Select(use => $"{use.Access} {use.Schema}.{use.Name}{(use.Indirect ? " indirect" : "")}"))}] "
            + $"outputs [{string.Join(", ", analysis.Outputs.Select(output => output.Tag ?? "-"))}] columns [{string.Join(", ", analysis.PhiColumns)}]",
        AnalysisOutcome.Unreadable unreadable => $"UNREADABLE {unreadable.Reason}",
        AnalysisOutcome.NeedsFacts needs => $"NEEDS FACTS relations [{string.Join(',', needs.Missing.Relations)}] functions [{string.Join(',', needs.Missing.Functions)}] operators [{string.Join(',', needs.Missing.Operators)}]",
        _ => throw new UnreachableException(),
    };

    private static double Microseconds(byte[] dump, TargetCatalog catalog)
    {
        var best = double.MaxValue;
        for (var batch = 0; batch < Batches; batch++)
        {
            var start = Stopwatch.GetTimestamp();
            for (var i = 0; i < RoundsPerBatch; i++)
            {
                StatementAnalyzer.Analyze(dump, catalog);
            }

            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalMicroseconds / RoundsPerBatch);
        }

        return best;
    }

    private static long AllocatedBytes(byte[] dump, TargetCatalog catalog)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        StatementAnalyzer.Analyze(dump, catalog);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
