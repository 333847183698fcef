using Sallyport.Evidence.Records;

namespace Sallyport.Evidence.Bundles;

/// <summary>What the records of one session add up to.</summary>
internal sealed class SessionSummary(string session)
{
    public string Session { get; } = session;

    public string Subject { get; private set; } = "";

    public string Agent { get; private set; } = "";

    public string Target { get; private set; } = "";

    public string Kind { get; private set; } = "";

    public string OnBehalfOf { get; private set; } = "";

    public string Client { get; private set; } = "";

    public string Tls { get; private set; } = "";

    public string Started { get; private set; } = "";

    public string Ended { get; private set; } = "";

    public string EndReason { get; private set; } = "";

    public long FirstIndex { get; private set; } = -1;

    public long LastIndex { get; private set; }

    public long FirstSequence { get; private set; }

    public long LastSequence { get; private set; }

    public long Records { get; private set; }

    public long Intents { get; private set; }

    public long Outcomes { get; private set; }

    public long Denials { get; private set; }

    public long Rows { get; private set; }

    public long Masked { get; private set; }

    /// <summary>Sessions in the order in which they first appear.</summary>
    public static List<SessionSummary> Of(IReadOnlyList<BundleRecord> records)
    {
        var byId = new Dictionary<string, SessionSummary>(StringComparer.Ordinal);
        var ordered = new List<SessionSummary>();
        foreach (var record in records.Where(record => record.Line.Header.Session.Length > 0))
        {
            if (!byId.TryGetValue(record.Line.Header.Session, out var summary))
            {
                summary = new SessionSummary(record.Line.Header.Session);
                byId.Add(summary.Session, summary);
                ordered.Add(summary);
            }
            summary.Add(record.Index, record.Line);
        }
        return ordered;
    }

    public void Add(long index, RecordLine line)
    {
        var header = line.Header;
        if (FirstIndex < 0)
        {
            (FirstIndex, FirstSequence) = (index, header.Sequence);
            (Subject, Agent, Target) = (header.Subject, header.Agent, header.Connection);
        }
        (LastIndex, LastSequence) = (index, header.Sequence);
        Records++;
        switch (line.Kind)
        {
            case RecordKinds.AuthenticationAccepted:
                (Kind, OnBehalfOf) = (line.Text("kind"), line.Text("for"));
                break;
            case RecordKinds.SessionStart:
                (Started, Client, Tls) = (header.Time, line.Text("client"), line.Text("tls"));
                break;
            case RecordKinds.SessionEnd:
                (Ended, EndReason) = (header.Time, line.Text("reason"));
                break;
            case RecordKinds.Intent:
                Intents++;
                break;
            case RecordKinds.Outcome or RecordKinds.OutcomeUnknown:
                Outcomes++;
                Rows += line.Integer("rows") ?? 0;
                Masked += MaskedCells(line);
                break;
            case RecordKinds.Deny:
                Denials++;
                break;
        }
    }

    /// <summary>Masked cells of one outcome.</summary>
    public static long MaskedCells(RecordLine outcome)
    {
        var cells = 0L;
        foreach (var column in outcome.Items("mask"))
        {
            cells += Cells(column, "masked");
        }
        return cells;
    }

    /// <summary>A count of one masked column; 0 where the record does not have it.</summary>
    public static long Cells(System.Text.Json.JsonElement column, string name) =>
        column.ValueKind == System.Text.Json.JsonValueKind.Object && column.TryGetProperty(name, out var value)
            && value.ValueKind == System.Text.Json.JsonValueKind.Number && value.TryGetInt64(out var cells)
            ? cells
            : 0;
}
