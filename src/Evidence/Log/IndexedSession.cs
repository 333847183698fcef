using System.Text.Json;
using Sallyport.Evidence.Records;

namespace Sallyport.Evidence.Log;

/// <summary>One session as the log tells it.</summary>
public sealed class IndexedSession
{
    internal IndexedSession(string session, long firstIndex)
    {
        Session = session;
        FirstIndex = LastIndex = firstIndex;
    }

    public string Session { get; }

    /// <summary>Opaque id of the principal.</summary>
    public string Subject { get; private set; } = "";

    /// <summary><c>client</c> or <c>client/run</c>; empty for a human.</summary>
    public string Agent { get; private set; } = "";

    public string Target { get; private set; } = "";

    /// <summary><c>agent</c> or <c>human</c>.</summary>
    public string Kind { get; private set; } = "";

    public string OnBehalfOf { get; private set; } = "";

    public string Client { get; private set; } = "";

    /// <summary>RFC 3339.</summary>
    public string StartedAt { get; private set; } = "";

    /// <summary>RFC 3339; empty while the session has no end in the log.</summary>
    public string EndedAt { get; private set; } = "";

    public string EndReason { get; private set; } = "";

    public long FirstIndex { get; }

    public long LastIndex { get; private set; }

    public long Statements { get; private set; }

    public long Denied { get; private set; }

    public long Rows { get; private set; }

    public long MaskedCells { get; private set; }

    internal IndexedSession Copy() => (IndexedSession)MemberwiseClone();

    internal void Add(long index, RecordLine line)
    {
        LastIndex = index;
        switch (line.Kind)
        {
            case RecordKinds.AuthenticationAccepted:
                (Subject, Agent, Target) = (line.Header.Subject, line.Header.Agent, line.Header.Connection);
                (Kind, OnBehalfOf) = (line.Text("kind"), line.Text("for"));
                break;
            case RecordKinds.SessionStart:
                (StartedAt, Client) = (line.Header.Time, line.Text("client"));
                break;
            case RecordKinds.SessionEnd:
                (EndedAt, EndReason) = (line.Header.Time, line.Text("reason"));
                break;
            case RecordKinds.Intent:
                Statements++;
                break;
            case RecordKinds.Outcome:
                Rows += line.Integer("rows") ?? 0;
                MaskedCells += line.Items("mask").Sum(Masked);
                break;
            case RecordKinds.Deny:
                Denied++;
                break;
        }
    }

    private static long Masked(JsonElement column) => column.GetProperty("masked").GetInt64();
}
