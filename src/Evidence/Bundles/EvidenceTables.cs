using System.Text.Json;
using Sallyport.Evidence.Records;
using static Sallyport.Evidence.Bundles.CsvTable;

namespace Sallyport.Evidence.Bundles;

/// <summary>The tables of a bundle: pure projections of its records, so that a verifier regenerates and compares them.</summary>
internal static class EvidenceTables
{
    public static IEnumerable<BundleFile> Create(IReadOnlyList<BundleRecord> records)
    {
        var outcomes = new Dictionary<long, BundleRecord>();
        foreach (var record in records.Where(record => record.Line.Kind is RecordKinds.Outcome or RecordKinds.OutcomeUnknown))
        {
            outcomes[record.Line.Integer("intent") ?? -1] = record;
        }
        yield return Sessions(records);
        yield return Statements(records, outcomes);
        yield return Approvals(records);
        yield return Grants(records);
        yield return Denials(records);
        yield return AuthenticationEvents(records);
        yield return Masking(records);
    }

    /// <summary>Array elements of a record as one cell.</summary>
    public static string List(RecordLine line, string name) =>
        string.Join(' ', line.Items(name).Where(item => item.ValueKind == JsonValueKind.String).Select(item => item.GetString()));

    private static BundleFile Sessions(IReadOnlyList<BundleRecord> records)
    {
        var table = new CsvTable(
            "session", "subject", "agent", "kind", "on_behalf_of", "target", "client", "tls", "started", "ended", "end_reason",
            "statements", "outcomes", "denials", "rows", "masked_cells", "first_record", "last_record");
        foreach (var s in SessionSummary.Of(records))
        {
            table.Row(
                s.Session, s.Subject, s.Agent, s.Kind, s.OnBehalfOf, s.Target, s.Client, s.Tls, s.Started, s.Ended, s.EndReason,
                Number(s.Intents), Number(s.Outcomes), Number(s.Denials), Number(s.Rows), Number(s.Masked), Number(s.FirstIndex), Number(s.LastIndex));
        }
        return table.ToFile("sessions.csv");
    }

    private static BundleFile Statements(IReadOnlyList<BundleRecord> records, Dictionary<long, BundleRecord> outcomes)
    {
        var table = new CsvTable(
            "record", "time", "session", "subject", "agent", "target", "class", "effects", "template", "template_sha256", "objects", "phi_columns",
            "policy", "decision", "rule", "approval", "outcome_record", "status", "sqlstate", "rows", "bytes", "duration_us", "masked_cells");
        foreach (var (index, _, line) in records.Where(record => IsKind(record, RecordKinds.Intent)))
        {
            var outcome = outcomes.GetValueOrDefault(index);
            table.Row(
                Number(index), line.Header.Time, line.Header.Session, line.Header.Subject, line.Header.Agent, line.Header.Connection,
                line.Text("class"), line.Text("effects"), line.Text("tmpl"), line.Text("tmpl_fp"), List(line, "objects"), List(line, "phi_columns"),
                line.Text("pol"), line.Text("decision"), line.Text("rule"), line.Text("approval"),
                Number(outcome?.Index), Status(outcome), outcome?.Line.Text("sqlstate") ?? "", Number(outcome?.Line.Integer("rows")),
                Number(outcome?.Line.Integer("bytes")), Number(outcome?.Line.Integer("dur_us")),
                outcome is null ? "" : Number(SessionSummary.MaskedCells(outcome.Line)));
        }
        return table.ToFile("statements.csv");
    }

    /// <summary>How a statement ended: its outcome's status, <c>unknown</c> after a crash, <c>pending</c> when the bundle has no outcome.</summary>
    public static string Status(BundleRecord? outcome) =>
        outcome is null ? "pending" : IsKind(outcome, RecordKinds.OutcomeUnknown) ? "unknown" : outcome.Line.Text("status");

    public static bool IsKind(BundleRecord record, string kind) => string.Equals(record.Line.Kind, kind, StringComparison.Ordinal);

    private static BundleFile Approvals(IReadOnlyList<BundleRecord> records)
    {
        var table = new CsvTable(
            "record", "time", "event", "approval", "session", "requester", "agent", "class", "template", "rule", "statement_commitment", "expires",
            "decision", "decided_by");
        foreach (var (index, _, line) in records)
        {
            var session = line.Header.Session.Length > 0 ? line.Header.Session : line.Text("session");
            switch (line.Kind)
            {
                case RecordKinds.ApprovalRequest:
                    table.Row(
                        Number(index), line.Header.Time, "request", line.Text("approval"), session, line.Header.Subject, line.Header.Agent,
                        line.Text("class"), line.Text("tmpl"), line.Text("rule"), line.Text("stmt_com"), line.Text("expires"), "", "");
                    break;
                case RecordKinds.ApprovalRehearse:
                    table.Row(
                        Number(index), line.Header.Time, "rehearse", line.Text("approval"), session, line.Header.Subject, line.Header.Agent,
                        line.Text("class"), line.Text("tmpl"), line.Text("rule"), "", "", "", "");
                    break;
                case RecordKinds.ApprovalDecide:
                    table.Row(
                        Number(index), line.Header.Time, "decide", line.Text("approval"), session, "", "", "", "", "", line.Text("stmt_com"), "",
                        line.Text("decision"), line.Text("by"));
                    break;
                case RecordKinds.ApprovalExpire:
                    table.Row(Number(index), line.Header.Time, "expire", line.Text("approval"), session, "", "", "", "", "", "", "", "expired", "");
                    break;
                case RecordKinds.ApprovalEnd:
                    table.Row(Number(index), line.Header.Time, "end", line.Text("approval"), session, "", "", "", "", "", "", "", line.Text("reason"), line.Text("by"));
                    break;
            }
        }
        return table.ToFile("approvals.csv");
    }

    private static BundleFile Grants(IReadOnlyList<BundleRecord> records)
    {
        var table = new CsvTable("record", "time", "policy", "grant", "target", "allow", "groups", "principals", "schemas", "tables");
        foreach (var (index, _, line) in records.Where(record => IsKind(record, RecordKinds.GrantActive)))
        {
            table.Row(
                Number(index), line.Header.Time, line.Text("pol"), line.Text("grant"), line.Text("target"), line.Text("allow"), line.Text("groups"),
                line.Text("principals"), line.Text("schemas"), line.Text("tables"));
        }
        return table.ToFile("grants.csv");
    }

    private static BundleFile Denials(IReadOnlyList<BundleRecord> records)
    {
        var table = new CsvTable(
            "record", "time", "session", "subject", "agent", "target", "class", "effects", "template", "objects", "policy", "rule", "reason", "action", "approval");
        foreach (var (index, _, line) in records.Where(record => IsKind(record, RecordKinds.Deny)))
        {
            table.Row(
                Number(index), line.Header.Time, line.Header.Session, line.Header.Subject, line.Header.Agent, line.Header.Connection,
                line.Text("class"), line.Text("effects"), line.Text("tmpl"), List(line, "objects"), line.Text("pol"), line.Text("rule"),
                line.Text("reason"), line.Text("action"), line.Text("approval"));
        }
        return table.ToFile("denials.csv");
    }

    private static BundleFile AuthenticationEvents(IReadOnlyList<BundleRecord> records)
    {
        var table = new CsvTable("record", "time", "result", "reason", "session", "subject", "agent", "kind", "issuer", "on_behalf_of", "target", "client", "protocol");
        foreach (var (index, _, line) in records)
        {
            switch (line.Kind)
            {
                case RecordKinds.AuthenticationAccepted:
                    table.Row(
                        Number(index), line.Header.Time, "accepted", "", line.Header.Session, line.Header.Subject, line.Header.Agent, line.Text("kind"),
                        line.Text("iss"), line.Text("for"), line.Header.Connection, "", "");
                    break;
                case RecordKinds.AuthenticationFailed:
                    table.Row(
                        Number(index), line.Header.Time, "refused", line.Text("reason"), "", "", "", "", "", "", line.Text("target"), line.Text("client"), line.Text("proto"));
                    break;
            }
        }
        return table.ToFile("auth-events.csv");
    }

    private static BundleFile Masking(IReadOnlyList<BundleRecord> records)
    {
        var totals = new SortedDictionary<(string Target, string Column, string Tag, string Kind), (long Results, long Masked, long Nulls)>();
        foreach (var record in records.Where(record => IsKind(record, RecordKinds.Outcome)))
        {
            foreach (var column in record.Line.Items("mask"))
            {
                var key = (record.Line.Header.Connection, Text(column, "col"), Text(column, "tag"), Text(column, "kind"));
                var (results, masked, nulls) = totals.GetValueOrDefault(key);
                totals[key] = (results + 1, masked + SessionSummary.Cells(column, "masked"), nulls + SessionSummary.Cells(column, "nulls"));
            }
        }
        var table = new CsvTable("target", "column", "tag", "mask", "results", "masked_cells", "null_cells");
        foreach (var ((target, column, tag, kind), (results, masked, nulls)) in totals)
        {
            table.Row(target, column, tag, kind, Number(results), Number(masked), Number(nulls));
        }
        return table.ToFile("masking/summary.csv");
    }

    private static string Text(JsonElement column, string name) =>
        column.ValueKind == JsonValueKind.Object && column.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
}
