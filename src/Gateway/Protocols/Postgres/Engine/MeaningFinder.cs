using System.Text;
using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Analysis;
using Sallyport.Gateway.Protocols.Postgres.Messages;
using Sallyport.Gateway.Protocols.Postgres.Sql;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>
/// Finds out what a statement means: the tree the server printed for it, or, where it is a utility statement, the trees of the queries inside
/// it and the relations it names.
/// </summary>
internal sealed class MeaningFinder(ServerInquiry inquiry, Exchange exchange, Func<PhiMap> phi, SqlNames names)
{
    /// <param name="text">The statement as the client sent it.</param>
    /// <param name="form">Its classified form.</param>
    /// <param name="probe">What the server said at its Parse; null to look up again what a statement of late resolution names.</param>
    public async ValueTask<Meaning> UnderstandAsync(ReadOnlyMemory<byte> text, StatementForm form, Probe? probe)
    {
        switch (form)
        {
            case StatementForm.SyntaxProbe unreadable:
                return Meaning.Refuse("statement-kind", unreadable.Reason, "Use a statement that docs/reference/sql.md lists.");
            case StatementForm.Analysed when probe is not null:
                return await OutermostAsync(probe);
            case StatementForm.Explain explain:
                return Explained(await InnerAsync(text, explain.Inner, inquiry.Shown()), explain);
            case StatementForm.Declare declare:
                return await DeclaredAsync(text, declare);
            case StatementForm.Fetch fetch:
                return Fetched(fetch);
            case StatementForm.Prepare prepare:
                return await PreparedAsync(prepare);
            case StatementForm.Execute execute:
                return await ExecutedAsync(execute.Name);
            case StatementForm.Transaction { Action: TransactionAction.Savepoint } when !names.Cursors.HasRoomForSavepoint:
                return Meaning.Refuse("too-many-savepoints", $"More than {SqlCursors.MaxSavepoints} savepoints are open.", "RELEASE those that are not needed any more.");
            case StatementForm.Copy copy:
                return Copied(await CopiedQueryAsync(text, copy), copy);
            case StatementForm.CreateTableAs create:
                return StoresNothing(await InnerAsync(text, create.Inner, UnmaskedColumns.None));
            case StatementForm.CreateView view:
                return (await InnerAsync(text, view.Inner, UnmaskedColumns.None)).WithoutOutputs();
            default:
                return form.Relations.Count == 0 ? Meaning.Plain : await NamedAsync(form);
        }
    }

    private async ValueTask<Meaning> OutermostAsync(Probe probe) => Read(await inquiry.AnalyseAsync(probe, inquiry.Shown()));

    /// <summary>The meaning of a query that stands inside a utility statement; positions in the server's errors count from the statement's start.</summary>
    /// <param name="text">The whole statement.</param>
    /// <param name="inner">Where the query stands.</param>
    /// <param name="clear">The tagged columns that are clear in it: none where its rows are kept or stored.</param>
    private async ValueTask<Meaning> InnerAsync(ReadOnlyMemory<byte> text, TextRange inner, UnmaskedColumns clear)
    {
        var meaning = await InnerAsync(inner.Of(text), clear);
        return meaning.Error is { } error
            ? meaning with { Error = ErrorFields.MovePosition(error, Encoding.UTF8.GetCharCount(text.Span[..inner.Start])) }
            : meaning;
    }

    /// <summary>The meaning of a query that the statement only stands for.</summary>
    private async ValueTask<Meaning> StandInAsync(string query, UnmaskedColumns clear)
    {
        var meaning = await InnerAsync(Encoding.UTF8.GetBytes(query), clear);
        return meaning.Error is { } error ? meaning with { Error = ErrorFields.MovePosition(error, null) } : meaning;
    }

    private async ValueTask<Meaning> InnerAsync(ReadOnlyMemory<byte> inner, UnmaskedColumns clear)
    {
        var probe = await inquiry.ParseInnerAsync(inner);
        return probe.End.Result switch
        {
            ProbeEnd.Rejected => new Meaning { Error = probe.Error },
            ProbeEnd.Skipped => Meaning.Refuse("analysis:skipped", "The statement could not be analysed.", "Send it again."),
            _ => Read(await inquiry.AnalyseAsync(probe, clear)) with { InnerFields = probe.Fields(), DumpHash = ServerStatement.HashOf(probe.Dump.WrittenSpan) },
        };
    }

    private static Meaning Read(AnalysisOutcome outcome) => outcome switch
    {
        AnalysisOutcome.Understood { Analysis: { Refusal: { } refusal } analysis } =>
            new Meaning { Analysis = analysis, Refusal = refusal with { Rule = "analysis:" + refusal.Rule } },
        AnalysisOutcome.Understood { Analysis.IsUtility: true } =>
            Meaning.Refuse("statement-kind", "SELECT INTO does not pass the gateway.", "Use CREATE TABLE ... AS."),
        AnalysisOutcome.Understood { Analysis: var analysis } => WithSettingsJudged(analysis),
        AnalysisOutcome.Unreadable { Reason: var reason } =>
            Meaning.Refuse("analysis:unreadable", $"The statement was not understood: {reason}.", "Write it in a simpler way."),
        _ => Meaning.Refuse("analysis:unreadable", "The statement was not understood.", "Write it in a simpler way."),
    };

    private static Meaning WithSettingsJudged(StatementAnalysis analysis)
    {
        foreach (var call in analysis.SetConfigCalls)
        {
            switch (SettingPolicy.Judge(call.Name, call.Value))
            {
                case SettingVerdict.Refused refused:
                    return Meaning.Refuse(refused.Rule, refused.Reason, refused.Remedy);
                case SettingVerdict.ClientMinMessages:
                    return Meaning.Refuse("setting-pinned", "set_config cannot change client_min_messages.", "Use SET client_min_messages.");
            }
        }

        return new Meaning { Analysis = analysis };
    }

    private static Meaning Explained(Meaning inner, StatementForm.Explain explain)
    {
        if (inner.Refusal is not null || inner.Error is not null || inner.Analysis is not { } analysis)
        {
            return inner;
        }

        if (analysis.Functions.Length > 0)
        {
            return Meaning.Refuse(
                "analysis:explain-function", "EXPLAIN runs functions at planning time, and this one is not the server's own.", "Explain without it.");
        }

        if (explain.Analyze && analysis.ComputesPhi)
        {
            return Meaning.Refuse(
                "analysis:explain-computed",
                "EXPLAIN ANALYZE tells sizes and times, and the statement computes with protected columns.",
                "Explain it without ANALYZE, or without what it computes from them.");
        }

        return explain.Analyze
            ? inner.WithoutOutputs()
            : (inner with { Analysis = analysis with { Class = CommandClass.Read, Effects = Effects.None, Unbounded = false } }).WithoutOutputs();
    }

    /// <summary>Where rows would be kept, tagged columns may not be among them.</summary>
    private static Meaning StoresNothing(Meaning inner) =>
        inner is { Refusal: null, Error: null, Analysis.HasTaggedOutput: true }
            ? Meaning.Refuse("analysis:tagged-output", "Tagged columns cannot go through a new table.", "Select untagged columns only.")
            : inner.WithoutOutputs();

    private async ValueTask<Meaning> DeclaredAsync(ReadOnlyMemory<byte> text, StatementForm.Declare declare) => names.Cursors.IsFull
        ? Meaning.Refuse("too-many-cursors", $"The session has {SqlCursors.Limit} cursors.", "CLOSE those that are not needed any more.")
        : (await InnerAsync(text, declare.Inner, inquiry.Shown())).WithoutOutputs();

    /// <summary>The rows of a cursor are what its query was found to be when it was declared: its plan is made, its relations are locked.</summary>
    private Meaning Fetched(StatementForm.Fetch fetch)
    {
        if (names.Cursors.Find(fetch.Cursor) is not { } cursor)
        {
            return Meaning.Refuse("unknown-cursor", "The cursor was not declared through the gateway, or is closed.", "DECLARE it in this session first.");
        }

        return inquiry.IsRedeclared(cursor)
            ? Meaning.Refuse("redeclared", "The columns of the target have been declared anew since the cursor was declared, or a grant that showed one in it has ended.", "CLOSE it and DECLARE it again.")
            : FetchOf(cursor, returnsRows: !fetch.IsMove);
    }

    public static Meaning FetchOf(NamedQuery cursor, bool returnsRows) =>
        new() { Inner = cursor.Meaning, InnerFields = cursor.Fields, Cursor = cursor, ReturnsInner = returnsRows };

    private async ValueTask<Meaning> PreparedAsync(StatementForm.Prepare prepare)
    {
        if (names.Statements.ContainsKey(prepare.Name))
        {
            return new Meaning { Error = ErrorFields.Error("42P05", $"prepared statement \"{prepare.Name}\" already exists") };
        }

        return names.HasRoomFor(Encoding.UTF8.GetBytes(prepare.InnerProbe))
            ? (await StandInAsync(prepare.InnerProbe, inquiry.Shown())).WithoutOutputs()
            : Meaning.Refuse("too-many-statements", "The session has too many or too large prepared statements.", "DEALLOCATE those that are not needed any more.");
    }

    /// <summary>
    /// The server may resolve a prepared statement's names anew, so it is judged anew at every EXECUTE; what it was found to mean before still
    /// counts, since the server may also keep to that.
    /// </summary>
    public async ValueTask<Meaning> ExecutedAsync(string name)
    {
        if (names.Prepared(name) is not { } query)
        {
            return Meaning.Refuse("unknown-statement", "The statement was not prepared through the gateway with PREPARE.", "PREPARE it in this session first.");
        }

        var clear = inquiry.Shown();
        var meaning = await InnerAsync(query.Text, clear);
        if (meaning.Error is not null || meaning.Refusal is not null || meaning.Analysis is not { } now)
        {
            return meaning.Error is { } error ? meaning with { Error = ErrorFields.MovePosition(error, null) } : meaning;
        }

        // The very tree that was read before, for whom other columns are clear now: what it meant to them then does not count any more.
        var isSameTree = query.IsOneReading && query.DumpHash == meaning.DumpHash;
        if ((isSameTree && !clear.Equals(query.Clear) ? now : Readings.Join(query.Meaning, now)) is not { } joined || !query.Fields.AsSpan().SequenceEqual(meaning.InnerFields))
        {
            return Meaning.Refuse("analysis:changed", "The prepared statement does not have the columns any more that it had.", "DEALLOCATE it and PREPARE it again.");
        }

        query.Meaning = joined;
        query.Clear = clear;
        query.IsOneReading = isSameTree;
        return new Meaning { Inner = joined, InnerFields = query.Fields, ReturnsInner = true };
    }

    private ValueTask<Meaning> CopiedQueryAsync(ReadOnlyMemory<byte> text, StatementForm.Copy copy)
    {
        var clear = copy.Direction == CopyDirection.Out ? inquiry.Shown() : UnmaskedColumns.None;
        return copy.Query is { } query ? InnerAsync(text, query, clear) : StandInAsync(copy.Probe, clear);
    }

    private static Meaning Copied(Meaning inner, StatementForm.Copy copy)
    {
        if (inner.Refusal is not null || inner.Error is not null || inner.Analysis is not { } analysis)
        {
            return inner;
        }

        if (copy.Direction == CopyDirection.Out)
        {
            return inner.WithoutOutputs() with { IsCopyToMask = analysis.HasTaggedOutput };
        }

        var written = analysis.Relations.Select(static use => use with { Access = RelationAccess.Write });
        return (inner with { Analysis = analysis with { Class = CommandClass.Write, Relations = [.. written] } }).WithoutOutputs();
    }

    /// <summary>Relations a utility statement names itself.</summary>
    private async ValueTask<Meaning> NamedAsync(StatementForm form)
    {
        var found = await inquiry.ResolveAsync(form.Relations.Where(static r => r.Name.Length > 0).Select(static r => r.Sql));
        if (found is null)
        {
            return Meaning.Refuse("analysis:skipped", "The statement could not be analysed.", "Send it again.");
        }

        var touchesPhi = await AnyTaggedAsync(found);
        if (form.WantsOwnTransaction && exchange.IsUntouched)
        {
            // The look-ups above have begun one.
            exchange.SendSync(hidden: true);
        }

        var refusal = touchesPhi ? RefusedOnTagged(form) : null;
        var access = form is StatementForm.Lock { IsShared: true } or StatementForm.CreateTable ? RelationAccess.Read : RelationAccess.Write;
        var missing = form.Relations
            .Where(named => !found.Any(r => r.Name == named.Name && (named.Schema.Length == 0 || r.Schema == named.Schema)))
            .Select(named => new RelationUse(named.Schema, named.Name, access));
        return new Meaning
        {
            Refusal = refusal,
            TouchesPhi = touchesPhi,
            Relations = [.. found.Select(r => new RelationUse(r.Schema, r.Name, access)), .. missing],
        };
    }

    /// <summary>Whether one of the relations holds tagged columns: by configuration, or by what the catalogue says of its family, keys and views.</summary>
    private async ValueTask<bool> AnyTaggedAsync(IReadOnlyList<(string Schema, string Name, char Kind)> relations)
    {
        var tags = phi();
        if (relations.Any(r => tags.IsTagged(r.Schema, r.Name)))
        {
            return true;
        }

        // Only what can stand in FROM has rows of its own: tables, views, materialised views, foreign and partitioned tables.
        var readable = relations.Where(static r => "rpvmf".Contains(r.Kind, StringComparison.Ordinal)).Select(static r => $"ONLY {new NamedRelation(r.Schema, r.Name).Sql}").ToList();
        if (readable.Count == 0)
        {
            return false;
        }

        var meaning = await InnerAsync(Encoding.UTF8.GetBytes($"SELECT FROM {string.Join(", ", readable.Select(static (name, index) => $"{name} AS r{index}"))}"), UnmaskedColumns.None);
        return meaning.Analysis is not { TouchesPhi: false } || meaning.Refusal is not null;
    }

    private static Refusal? RefusedOnTagged(StatementForm form) => form switch
    {
        StatementForm.AlterTable { OnlyAddsColumns: false } => new Refusal(
            "analysis:alter-tagged", "A table with tagged columns may only get new columns through the gateway.", "Ask the operator to change it and its tags together."),
        StatementForm.CreateIndex { IsUnique: true } => new Refusal(
            "analysis:unique-index-tagged", "A unique index on a table with tagged columns would tell values by its errors.", "Create a plain index."),
        _ => null,
    };
}
