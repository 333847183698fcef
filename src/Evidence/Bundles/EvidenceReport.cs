using System.Globalization;
using System.Net;
using System.Text;
using Sallyport.Evidence.Records;

namespace Sallyport.Evidence.Bundles;

/// <summary>The page a person reads first. A pure projection of the records, like the tables; everything from records is escaped.</summary>
internal static class EvidenceReport
{
    private const int MaxRows = 1000;

    private const string Style =
        "body{font:15px/1.5 sans-serif;max-width:70em;margin:2em auto;padding:0 1em;color:#222}table{border-collapse:collapse;width:100%;margin:.5em 0 1.5em}"
        + "th,td{border:1px solid #bbb;padding:.3em .5em;text-align:left;vertical-align:top}th{background:#eee}code,pre{font:13px monospace}"
        + "pre{background:#f4f4f4;padding:.7em;overflow:auto}td.t{font:13px monospace;white-space:pre-wrap;word-break:break-word}";

    public static byte[] Create(string origin, EvidenceFilter filter, string exportedBy, long logSize, IReadOnlyList<BundleRecord> records)
    {
        var page = new StringBuilder();
        page.Append("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Sallyport evidence</title><style>").Append(Style)
            .Append("</style></head><body>\n<h1>Sallyport evidence</h1>\n");
        Head(page, origin, filter, exportedBy, logSize, records);
        Sessions(page, records);
        Statements(page, records);
        Refusals(page, records);
        Decisions(page, records);
        HowToVerify(page, origin);
        Limits(page);
        page.Append("</body></html>\n");
        return Encoding.UTF8.GetBytes(page.ToString());
    }

    private static void Head(StringBuilder page, string origin, EvidenceFilter filter, string exportedBy, long logSize, IReadOnlyList<BundleRecord> records)
    {
        var what = filter.Session.Length > 0
            ? $"Session {filter.Session}"
            : $"{filter.From} to {filter.To}{(filter.Agent.Length > 0 ? $", agent {filter.Agent}" : ", everything")}";
        Table(page, ["", ""], [
            ["What", what],
            ["Log", origin],
            ["Records of the log considered", Number(logSize)],
            ["Records in this bundle", Number(records.Count)],
            ["First and last record", $"{Number(records[0].Index)} ({records[0].Line.Header.Time}) to {Number(records[^1].Index)} ({records[^1].Line.Header.Time})"],
            ["Exported by", exportedBy],
        ]);
    }

    private static void Sessions(StringBuilder page, IReadOnlyList<BundleRecord> records)
    {
        page.Append("<h2>Sessions</h2>\n");
        Table(page, ["Session", "Who", "For", "Target", "From address", "Started", "Ended", "Statements", "Refused", "Rows", "Masked cells"],
            SessionSummary.Of(records).Select(s => (string[])[
                s.Session, s.Agent.Length > 0 ? $"{s.Agent} ({s.Subject})" : s.Subject, s.OnBehalfOf, s.Target, s.Client, s.Started,
                s.Ended.Length > 0 ? $"{s.Ended} ({s.EndReason})" : "", Number(s.Intents), Number(s.Denials), Number(s.Rows), Number(s.Masked)]));
    }

    private static void Statements(StringBuilder page, IReadOnlyList<BundleRecord> records)
    {
        var outcomes = new Dictionary<long, BundleRecord>();
        foreach (var record in records.Where(record => record.Line.Kind is RecordKinds.Outcome or RecordKinds.OutcomeUnknown))
        {
            outcomes[record.Line.Integer("intent") ?? -1] = record;
        }
        page.Append("<h2>Statements that ran</h2>\n<p>Literals, comments and bind values are never recorded; placeholders stand for them.</p>\n");
        Table(page, ["Record", "Time", "Session", "Class", "Statement", "Allowed by", "Approval", "Result", "Rows", "Masked cells"],
            records.Where(record => EvidenceTables.IsKind(record, RecordKinds.Intent)).Select(record =>
            {
                var outcome = outcomes.GetValueOrDefault(record.Index);
                var line = record.Line;
                return (string[])[
                    Number(record.Index), line.Header.Time, line.Header.Session, line.Text("class"), line.Text("tmpl"), line.Text("rule"), line.Text("approval"),
                    EvidenceTables.Status(outcome), CsvTable.Number(outcome?.Line.Integer("rows")), outcome is null ? "" : Number(SessionSummary.MaskedCells(outcome.Line))];
            }));
    }

    private static void Refusals(StringBuilder page, IReadOnlyList<BundleRecord> records)
    {
        page.Append("<h2>Refused</h2>\n");
        Table(page, ["Record", "Time", "Session", "Class", "Statement", "Rule", "Reason", "Action"],
            records.Where(record => EvidenceTables.IsKind(record, RecordKinds.Deny)).Select(record => (string[])[
                Number(record.Index), record.Line.Header.Time, record.Line.Header.Session, record.Line.Text("class"), record.Line.Text("tmpl"),
                record.Line.Text("rule"), record.Line.Text("reason"), record.Line.Text("action")]));
    }

    private static void Decisions(StringBuilder page, IReadOnlyList<BundleRecord> records)
    {
        page.Append("<h2>Approvals</h2>\n");
        Table(page, ["Record", "Time", "Event", "Approval", "Statement", "Decision", "By"],
            records.Where(record => record.Line.Kind is RecordKinds.ApprovalRehearse or RecordKinds.ApprovalRequest or RecordKinds.ApprovalDecide or RecordKinds.ApprovalExpire or RecordKinds.ApprovalEnd)
                .Select(record => (string[])[
                    Number(record.Index), record.Line.Header.Time, record.Line.Kind, record.Line.Text("approval"), record.Line.Text("tmpl"),
                    EvidenceTables.IsKind(record, RecordKinds.ApprovalDecide) ? record.Line.Text("decision") : "", record.Line.Text("by")]));
    }

    private static void HowToVerify(StringBuilder page, string origin) => page.Append(CultureInfo.InvariantCulture, $"""
        <h2>How to verify</h2>
        <p>Get the log's public key from the operator of the gateway, not from this bundle, and run</p>
        <pre>sallyport evidence verify BUNDLE.zip --key ledger.vkey</pre>
        <p>Without our software: unpack the zip. The file <code>{BundlePaths.Checkpoint}</code> is a signed note (c2sp.org/signed-note). Its text is everything up to and
        including the newline before the empty line; its signature is the base64 on the last line without the first four bytes. With the public key in PEM:</p>
        <pre>sed '/^$/,$d' checkpoint.txt &gt; body
        tail -n 1 checkpoint.txt | cut -d' ' -f3 | base64 -d | tail -c 64 &gt; sig
        openssl pkeyutl -verify -pubin -inkey ledger.pub.pem -rawin -in body -sigfile sig</pre>
        <p>The text names the log (<code>{WebUtility.HtmlEncode(origin)}</code>), its size and its root. A record's leaf hash is
        <code>SHA-256(0x00 || line)</code>, in <code>index.txt</code> beside the log's position of every line:</p>
        <pre>(printf '\0'; sed -n 1p entries.jsonl | tr -d '\n') | sha256sum</pre>
        <p><code>{BundlePaths.ManifestProof}</code> (c2sp.org/tlog-proof) proves that <code>{BundlePaths.ExportRecord}</code>, which holds the SHA-256 of
        <code>{BundlePaths.Manifest}</code>, is in the log; the manifest holds the SHA-256 of the other files.</p>

        """);

    private static void Limits(StringBuilder page) => page.Append("""
        <h2>What this proves, and what it does not</h2>
        <ul>
        <li>No record in this bundle was changed, removed or reordered since the gateway wrote it, unless the gateway's signing key was used to do it.</li>
        <li>A period without an agent holds every record of the log between its first and its last. A session holds every record of that session.
        A period with an agent holds whole sessions as far as they lie in the period; that no session of the agent was left out rests on the exporter.</li>
        <li>A gateway under an attacker's control while it writes can write false records. No log prevents that; compare with the target's own log.</li>
        <li>Times are the gateway's clock. The order of records is their index.</li>
        </ul>

        """);

    private static void Table(StringBuilder page, string[] columns, IEnumerable<string[]> rows)
    {
        page.Append("<table>");
        if (columns.Any(column => column.Length > 0))
        {
            page.Append("<tr>");
            foreach (var column in columns)
            {
                page.Append("<th>").Append(column).Append("</th>");
            }
            page.Append("</tr>\n");
        }
        var count = 0;
        foreach (var row in rows)
        {
            if (count++ == MaxRows)
            {
                page.Append(CultureInfo.InvariantCulture, $"<tr><td colspan=\"{columns.Length}\">More than {MaxRows} rows: the CSV files have all of them.</td></tr>\n");
                break;
            }
            page.Append("<tr>");
            foreach (var cell in row)
            {
                page.Append("<td class=\"t\">").Append(WebUtility.HtmlEncode(cell)).Append("</td>");
            }
            page.Append("</tr>\n");
        }
        page.Append(count == 0 ? "<tr><td>none</td></tr></table>\n" : "</table>\n");
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
