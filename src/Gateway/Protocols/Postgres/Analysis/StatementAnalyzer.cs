using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Analysis.Lineage;
using Sallyport.Gateway.Protocols.Postgres.Analysis.Trees;

namespace Sallyport.Gateway.Protocols.Postgres.Analysis;

/// <summary>Reads the server's dump of a rewritten query tree (<c>debug_print_rewritten</c>) and says what the statement means. Thread-safe.</summary>
public static class StatementAnalyzer
{
    /// <summary>How often one statement may ask for facts; views and inheritance need two or three rounds.</summary>
    public const int MaxFactRounds = 8;

    /// <summary>Largest dump that is read, in bytes.</summary>
    public const int MaxDumpBytes = 16 * 1024 * 1024;

    /// <summary>
    /// Most characters of the names of columns that one statement shows, and of the grants that show them: all of them are recorded, and escaped
    /// they have to fit into a record.
    /// </summary>
    private const int MaxShownChars = 4_000;

    private const int SelectCommand = 1;

    /// <summary>How old facts may be for an analysis that says no more: those that were just loaded for it.</summary>
    private static readonly TimeSpan JustNow = TimeSpan.FromSeconds(2);

    /// <inheritdoc cref="Analyze(ReadOnlySpan{byte}, TargetCatalog, long, UnmaskedColumns)"/>
    public static AnalysisOutcome Analyze(ReadOnlySpan<byte> dump, TargetCatalog catalog)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return Analyze(dump, catalog, catalog.MarkBefore(JustNow));
    }

    /// <param name="dump">The detail field of the LOG notice, as received.</param>
    /// <param name="catalog">The target's facts.</param>
    /// <param name="since">
    /// A <see cref="TargetCatalog.Mark"/> taken after the server parsed the statement and before its facts were read. While nobody watches the
    /// target's schema, only facts read later count.
    /// </param>
    /// <param name="shown">
    /// The tagged columns that are clear to who asks. They are clear where they are only read: a statement that changes anything, and one that would be
    /// refused with them clear, is understood as for everybody else.
    /// </param>
    public static AnalysisOutcome Analyze(ReadOnlySpan<byte> dump, TargetCatalog catalog, long since, UnmaskedColumns shown)
    {
        ArgumentNullException.ThrowIfNull(shown);
        var outcome = AnalyzeWith(dump, catalog, since, shown);
        return outcome is AnalysisOutcome.Understood { Analysis: var analysis } && !shown.IsEmpty && !MayShow(analysis)
            ? AnalyzeWith(dump, catalog, since, UnmaskedColumns.None)
            : outcome;
    }

    /// <inheritdoc cref="Analyze(ReadOnlySpan{byte}, TargetCatalog, long, UnmaskedColumns)"/>
    public static AnalysisOutcome Analyze(ReadOnlySpan<byte> dump, TargetCatalog catalog, long since) => AnalyzeWith(dump, catalog, since, UnmaskedColumns.None);

    private static bool MayShow(StatementAnalysis analysis) =>
        analysis.Refusal is null
        && analysis.Unmasked.Sum(static column => column.Column.Length + column.Grant.Length) <= MaxShownChars
        && (analysis.Unmasked.IsEmpty || analysis is { Class: CommandClass.Read, Effects: Effects.None, IsUtility: false, SetConfigCalls.Length: 0, NotifyCalls.Length: 0 });

    private static AnalysisOutcome AnalyzeWith(ReadOnlySpan<byte> dump, TargetCatalog catalog, long since, UnmaskedColumns shown)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        if (dump.Length > MaxDumpBytes)
        {
            return new AnalysisOutcome.Unreadable("the statement's query tree is larger than 16 MiB");
        }

        if (!catalog.IsReady)
        {
            return new AnalysisOutcome.Unreadable("the target's catalogue has not been read yet");
        }

        if (ShapeTable.For(catalog.Major) is not { } shapes)
        {
            return new AnalysisOutcome.Unreadable($"query trees of PostgreSQL {catalog.Major} are not known to this gateway");
        }

        try
        {
            using var tree = NodeReader.Read(dump, shapes);
            return Judge(tree, catalog, since, shown);
        }
        catch (TreeFormatException unknown)
        {
            return new AnalysisOutcome.Unreadable(unknown.Message);
        }
    }

    private static AnalysisOutcome Judge(NodeTree tree, TargetCatalog catalog, long since, UnmaskedColumns shown)
    {
        var queries = tree.Items(0);
        if (queries.Count() == 0)
        {
            return new AnalysisOutcome.Unreadable("a rule replaces the statement by nothing");
        }

        if (IsUtility(tree, queries.At(0)))
        {
            return queries.Count() == 1
                ? new AnalysisOutcome.Understood(new StatementAnalysis { Class = CommandClass.Admin, Effects = Effects.None, IsUtility = true })
                : new AnalysisOutcome.Unreadable("a rule adds queries to a utility statement");
        }

        var run = new LineageRun(tree, catalog, since, shown: shown);
        Taint[] result = [];
        foreach (var query in queries)
        {
            var canReturn = tree.Flag(query, Field.CanSetTag);
            if (IsUtility(tree, query) || (!canReturn && tree.Integer(query, Field.CommandType) == SelectCommand))
            {
                return new AnalysisOutcome.Unreadable("a rule adds a command that cannot be judged");
            }

            var current = run.Queries.Analyze(query, parent: null);
            result = canReturn || queries.Count() == 1 ? current : result;
        }

        var outputs = WithOrigins(Outputs.Judge(run, result), tree, catalog, since);
        run.JudgeSideEffects();
        return run.IsMissingFacts ? new AnalysisOutcome.NeedsFacts(run.Missing) : new AnalysisOutcome.Understood(Summarize(run, outputs));
    }

    /// <summary>Adds where the columns of a SELECT are stored. Other statements return rows that they may have changed.</summary>
    private static OutputColumn[] WithOrigins(OutputColumn[] outputs, NodeTree tree, TargetCatalog catalog, long since)
    {
        var queries = tree.Items(0);
        if (queries.Count() != 1 || !Array.Exists(outputs, static output => output.Tag is not null))
        {
            return outputs;
        }

        var origins = new RowOrigins(tree, catalog, since).Of(queries.At(0));
        return origins.Length == outputs.Length ? [.. outputs.Zip(origins, static (output, origin) => output with { Origin = origin })] : outputs;
    }

    private static bool IsUtility(NodeTree tree, int query) => tree.Kind(query) == NodeKind.Query && !tree.IsNull(tree.Value(query, Field.UtilityStmt));

    private static StatementAnalysis Summarize(LineageRun run, OutputColumn[] outputs) => new()
    {
        Class = run.Class,
        Effects = run.Effects,
        Unbounded = run.Unbounded,
        Relations = run.Relations,
        Functions = run.OwnFunctions,
        TouchesPhi = run.TouchesPhi,
        PhiColumns = run.PhiColumns,
        Unmasked = run.Unmasked,
        Outputs = [.. outputs],
        SetConfigCalls = run.SetConfigCalls,
        PlainParameters = PlainParameters.In(run.Tree),
        Inferences = run.Inferences.Found,
        MayFail = run.MayFail,
        ChoosesFailure = run.ChoosesFailure,
        Varies = run.Varies,
        NotifyCalls = run.NotifyCalls,
        ComputesPhi = run.Computes,
        Refusals = run.Refusals,
    };
}
