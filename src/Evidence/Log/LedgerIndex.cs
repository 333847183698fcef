using Sallyport.Evidence.Records;

namespace Sallyport.Evidence.Log;

/// <summary>
/// The sessions of a ledger, for lists: built from the log at start, brought up to date when asked. Holds the newest
/// <see cref="MaxSessions"/>; older ones are still in the log and in exports. Thread-safe.
/// </summary>
public sealed class LedgerIndex : IDisposable
{
    public const int MaxSessions = 100_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, IndexedSession> _byId = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = new();
    private LogReader? _reader;
    private Ledger? _ledger;

    /// <summary>Observes a record found at start.</summary>
    public void Observe(long index, RecordLine record)
    {
        lock (_gate)
        {
            Add(index, record);
        }
    }

    /// <summary>Follows a ledger from the record after the last observed.</summary>
    public void Attach(Ledger ledger, long next)
    {
        lock (_gate)
        {
            _ledger = ledger;
            _reader = new LogReader(Path.Combine(ledger.Directory, SegmentFormat.WalName), next);
        }
    }

    /// <summary>Sessions as of now, newest first.</summary>
    /// <param name="limit">Most sessions to return.</param>
    /// <param name="before">Only sessions that began before this one; null for the newest.</param>
    /// <param name="live">Only those without (true) or with (false) an end; null for both.</param>
    public IReadOnlyList<IndexedSession> List(int limit, string? before = null, bool? live = null)
    {
        lock (_gate)
        {
            CatchUp();
            var end = before is null ? long.MaxValue : _byId.TryGetValue(before, out var session) ? session.FirstIndex : 0;
            return
            [
                .. _byId.Values
                    .Where(candidate => candidate.FirstIndex < end && (live is null || live == (candidate.EndedAt.Length == 0)))
                    .OrderByDescending(candidate => candidate.FirstIndex)
                    .Take(limit)
                    .Select(candidate => candidate.Copy()),
            ];
        }
    }

    /// <summary>One session as of now, or null.</summary>
    public IndexedSession? Find(string session)
    {
        lock (_gate)
        {
            CatchUp();
            return _byId.TryGetValue(session, out var found) ? found.Copy() : null;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _reader?.Dispose();
            _reader = null;
        }
    }

    private void CatchUp() => _reader?.ReadTo(_ledger!.DurableRecords, (index, leaf) => Add(index, RecordLine.Parse(leaf)));

    private void Add(long index, RecordLine line)
    {
        var id = line.Header.Session;
        if (id.Length == 0)
        {
            return;
        }
        if (!_byId.TryGetValue(id, out var session))
        {
            if (_byId.Count == MaxSessions)
            {
                _byId.Remove(_order.Dequeue());
            }
            session = new IndexedSession(id, index);
            _byId.Add(id, session);
            _order.Enqueue(id);
        }
        session.Add(index, line);
    }
}
