using Sallyport.Evidence.Log;
using Sallyport.Evidence.Records;

namespace Sallyport.Gateway.Recording;

/// <summary>Sessions that a crash cut off: they have a start and no end. Filled from the log at start.</summary>
internal sealed class UnfinishedSessions
{
    private readonly Dictionary<string, Unfinished> _sessions = new(StringComparer.Ordinal);

    public IEnumerable<Unfinished> All => _sessions.Values.OrderBy(session => session.Session, StringComparer.Ordinal);

    public void Observe(long index, ReadOnlyMemory<byte> leaf, RecordLine record)
    {
        var header = record.Header;
        if (header.Session.Length == 0)
        {
            return;
        }
        if (string.Equals(header.Kind, RecordKinds.SessionEnd, StringComparison.Ordinal))
        {
            _sessions.Remove(header.Session);
            return;
        }
        if (!_sessions.TryGetValue(header.Session, out var session))
        {
            session = new Unfinished(header.Session, header.Subject, header.Agent, header.Connection);
            _sessions.Add(header.Session, session);
        }
        session.Sequence = header.Sequence;
        session.Last = LeafHash.Of(leaf.Span);
        session.Count(index, record);
    }

    /// <summary>What is needed to end one of them.</summary>
    internal sealed class Unfinished(string session, string subject, string agent, string connection)
    {
        public string Session { get; } = session;

        public string Subject { get; } = subject;

        public string Agent { get; } = agent;

        public string Connection { get; } = connection;

        public long Sequence { get; set; }

        public LeafHash Last { get; set; }

        public SortedSet<long> OpenIntents { get; } = [];

        public long Intents { get; private set; }

        public long Outcomes { get; private set; }

        public long Denials { get; private set; }

        public void Count(long index, RecordLine record)
        {
            switch (record.Kind)
            {
                case RecordKinds.Intent:
                    OpenIntents.Add(index);
                    Intents++;
                    break;
                case RecordKinds.Outcome or RecordKinds.OutcomeUnknown:
                    OpenIntents.Remove(record.Integer("intent") ?? -1);
                    Outcomes++;
                    break;
                case RecordKinds.Deny:
                    Denials++;
                    break;
            }
        }
    }
}
