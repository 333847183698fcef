using System.Text;
using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Analysis;
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
                return Explained(await InnerAsync(explain.Inner.Of(text)), explain);
            case StatementForm.Declare declare:
                return StoresNothing(await InnerAsync(declare.Inner.Of(text)), "a cursor", "Run the query itself, with a row limit (Execute) or LIMIT.");
            case StatementForm.Fetch fetch when !names.HasCursor(fetch.Cursor):
                return Meaning.Refuse("unknown-cursor", "The cursor was not declared through the gateway.", "DECLARE it in this session first.");
            case StatementForm.Prepare prepare:
                return StoresNothing(
                    await InnerAsync(Encoding.UTF8.GetBytes(prepare.InnerProbe)), "a statement of PREPARE", "Let the driver prepare the query (Parse message).");
            case StatementForm.Execute execute:
                return await ExecutedAsync(execute.Name);
            case StatementForm.Copy copy:
                return Copied(await InnerAsync(Encoding.UTF8.GetBytes(copy.Probe)), copy);
            case StatementForm.CreateTableAs create:
                return StoresNothing(await InnerAsync(create.Inner.Of(text)), "a new table", "Select untagged columns only.");
            case StatementForm.CreateView view:
                return (await InnerAsync(view.Inner.Of(text))).WithoutOutputs();
            default:
                return form.Relations.Count == 0 ? Meaning.Plain : await NamedAsync(form);
        }
    }

    private async ValueTask<Meaning> OutermostAsync(Probe probe)
    {
        var meaning = Read(await inquiry.AnalyseAsync(probe));
        if (meaning.Analysis is { IsUtility: true })
        {
            return Meaning.Refuse("statement-kind", "SELECT INTO does not pass the gateway.", "Use CREATE TABLE ... AS.");
        }

        foreach (var call in meaning.Analysis?.SetConfigCalls ?? [])
        {
            switch (SettingPolicy.Judge(call.Name, call.Value))
            {
                case SettingVerdict.Refused refused:
                    return Meaning.Refuse(refused.Rule, refused.Reason, refused.Remedy);
                case SettingVerdict.ClientMinMessages:
                    return Meaning.Refuse("setting-pinned", "set_config cannot change client_min_messages.", "Use SET client_min_messages.");
            }
        }

        return meaning;
    }

    /// <summary>The meaning of a query inside a utility statement.</summary>
    private async ValueTask<Meaning> InnerAsync(ReadOnlyMemory<byte> inner)
    {
        var probe = await inquiry.ParseInnerAsync(inner);
        return probe.End.Result switch
        {
            ProbeEnd.Rejected => new Meaning { Error = probe.Error },
            ProbeEnd.Skipped => Meaning.Refuse("analysis:skipped", "The statement could not be analysed.", "Send it again."),
            _ => Read(await inquiry.AnalyseAsync(probe)),
        };
    }

    private static Meaning Read(AnalysisOutcome outcome) => outcome switch
    {
        AnalysisOutcome.Understood { Analysis: { Refusal: { } refusal } analysis } =>
            new Meaning { Analysis = analysis, Refusal = refusal with { Rule = "analysis:" + refusal.Rule } },
        AnalysisOutcome.Understood { Analysis: var analysis } => new Meaning { Analysis = analysis },
        AnalysisOutcome.Unreadable { Reason: var reason } =>
            Meaning.Refuse("analysis:unreadable", $"The statement was not understood: {reason}.", "Write it in a simpler way."),
        _ => Meaning.Refuse("analysis:unreadable", "The statement was not understood.", "Write it in a simpler way."),
    };

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

        return explain.Analyze
            ? inner.WithoutOutputs()
            : (inner with { Analysis = analysis with { Class = CommandClass.Read, Effects = Effects.None, Unbounded = false } }).WithoutOutputs();
    }

    /// <summary>Where rows would be kept or fetched later, tagged columns may not be among them.</summary>
    private static Meaning StoresNothing(Meaning inner, string where, string remedy) =>
        inner is { Refusal: null, Error: null, Analysis.HasTaggedOutput: true }
            ? Meaning.Refuse("analysis:tagged-output", $"Tagged columns cannot go through {where}.", remedy)
            : inner.WithoutOutputs();

    private static Meaning Copied(Meaning inner, StatementForm.Copy copy)
    {
        if (inner.Refusal is not null || inner.Error is not null || inner.Analysis is not { } analysis)
        {
            return inner;
        }

        if (copy.Direction == CopyDirection.Out)
        {
            return analysis.HasTaggedOutput
                ? Meaning.Refuse("analysis:copy-tagged", "COPY cannot send tagged columns.", "Use SELECT, whose rows are masked, or COPY untagged columns only.")
                : inner.WithoutOutputs();
        }

        var written = analysis.Relations.Select(static use => use with { Access = RelationAccess.Write });
        return (inner with { Analysis = analysis with { Class = CommandClass.Write, Relations = [.. written] } }).WithoutOutputs();
    }

    /// <summary>The server resolves a prepared statement's names anew, so it is judged anew at every EXECUTE.</summary>
    private async ValueTask<Meaning> ExecutedAsync(string name) =>
        names.PreparedText(name) is { } text
            ? StoresNothing(await InnerAsync(text), "EXECUTE", "Let the driver prepare the query (Parse message).")
            : Meaning.Refuse("unknown-statement", "The statement was not prepared through the gateway with PREPARE.", "PREPARE it in this session first.");

    /// <summary>Relations a utility statement names itself.</summary>
    private async ValueTask<Meaning> NamedAsync(StatementForm form)
    {
        var found = await inquiry.ResolveAsync(form.Relations.Where(static r => r.Name.Length > 0).Select(static r => r.Sql));
        if (found is null)
        {
            return Meaning.Refuse("analysis:skipped", "The statement could not be analysed.", "Send it again.");
        }

        var touchesPhi = await AnyTaggedAsync(found);
        if (form is StatementForm.Maintain && exchange.TransactionStatus == (byte)'I')
        {
            // VACUUM wants to be the first thing its transaction does.
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

        var meaning = await InnerAsync(Encoding.UTF8.GetBytes($"SELECT FROM {string.Join(", ", readable.Select(static (name, index) => $"{name} AS r{index}"))}"));
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
