using Sallyport.Evidence.Records;

namespace Sallyport.Evidence.Verification;

/// <summary>
/// Follows the sessions in a run of records: sequence numbers without gaps, each record naming the hash of the one before,
/// every outcome for an intent, nothing after the end, and counts that agree with what was recorded.
/// </summary>
internal sealed class ChainCheck(Findings findings, string file)
{
    private readonly Dictionary<string, Chain> _open = new(StringComparer.Ordinal);
    private readonly HashSet<string> _ended = new(StringComparer.Ordinal);

    /// <summary>Sessions seen.</summary>
    public long Sessions { get; private set; }

    /// <summary>Whether the gateway's own records are all there, so that their numbering can be checked too.</summary>
    public bool FollowGateway { get; init; } = true;

    /// <summary>Index from which every record is there; sessions that began before may appear in their middle.</summary>
    public long CompleteFrom { get; init; }

    public void Add(long index, RecordLine record, string hash)
    {
        var header = record.Header;
        var isSession = header.Session.Length > 0;
        if (!isSession && !FollowGateway)
        {
            return;
        }
        var key = isSession ? "s:" + header.Session : "g:" + header.Boot;
        if (_ended.Contains(key))
        {
            findings.Add(At(index), $"session {header.Session} goes on after its end");
            return;
        }
        if (!_open.TryGetValue(key, out var chain))
        {
            chain = Begin(index, header, key, isSession);
        }
        CheckLink(index, header, chain);
        CheckPairs(index, record, chain);
        (chain.Sequence, chain.Hash, chain.Boot, chain.Monotonic) = (header.Sequence, hash, header.Boot, header.MonotonicNanoseconds);
        if (isSession && string.Equals(record.Kind, RecordKinds.SessionEnd, StringComparison.Ordinal))
        {
            CheckEnd(index, record, chain);
            _open.Remove(key);
            _ended.Add(key);
        }
    }

    /// <summary>Sessions without an end, in order of their ids.</summary>
    public IEnumerable<string> OpenSessions => _open.Keys.Where(key => key.StartsWith("s:", StringComparison.Ordinal)).Select(key => key[2..]).Order(StringComparer.Ordinal);

    private Chain Begin(long index, RecordHeader header, string key, bool isSession)
    {
        var whole = header.Sequence == 0;
        if (!whole && CompleteFrom == 0)
        {
            findings.Add(At(index), $"{Name(header)}: records 0 to {header.Sequence - 1} of the sequence are missing");
        }
        if (whole && header.Previous.Length > 0)
        {
            findings.Add(At(index), $"{Name(header)}: the first record names one before it");
        }
        var chain = new Chain { Whole = whole, Sequence = header.Sequence - 1, Hash = header.Previous, Boot = header.Boot };
        _open.Add(key, chain);
        Sessions += isSession ? 1 : 0;
        return chain;
    }

    private void CheckLink(long index, RecordHeader header, Chain chain)
    {
        if (header.Sequence != chain.Sequence + 1)
        {
            findings.Add(At(index), $"{Name(header)}: sequence number {chain.Sequence + 1} is missing or out of order");
        }
        else if (!string.Equals(header.Previous, chain.Hash, StringComparison.Ordinal))
        {
            findings.Add(At(index), $"{Name(header)}: it does not name the hash of the record before it (sequence number {chain.Sequence})");
        }
        if (string.Equals(chain.Boot, header.Boot, StringComparison.Ordinal) && header.MonotonicNanoseconds < chain.Monotonic)
        {
            findings.Add(At(index), $"{Name(header)}: the monotonic clock runs backwards");
        }
    }

    private void CheckPairs(long index, RecordLine record, Chain chain)
    {
        switch (record.Kind)
        {
            case RecordKinds.Intent:
                chain.OpenIntents.Add(index);
                chain.Intents++;
                break;
            case RecordKinds.Outcome or RecordKinds.OutcomeUnknown:
                var intent = record.Integer("intent") ?? -1;
                if (!chain.OpenIntents.Remove(intent) && (chain.Whole || intent >= CompleteFrom))
                {
                    findings.Add(At(index), $"the outcome names record {intent}, which is no open intent of this session");
                }
                chain.Outcomes++;
                break;
            case RecordKinds.Deny:
                chain.Denials++;
                break;
        }
    }

    private void CheckEnd(long index, RecordLine record, Chain chain)
    {
        if (chain.OpenIntents.Count > 0)
        {
            findings.Add(At(index), $"the session ends, but intent {chain.OpenIntents.Min()} has no outcome");
        }
        if (chain.Whole
            && (record.Integer("intents") != chain.Intents || record.Integer("outcomes") != chain.Outcomes || record.Integer("denials") != chain.Denials))
        {
            findings.Add(At(index), "the counts at the session's end differ from what was recorded");
        }
    }

    private string At(long index) => $"{file}, record {index}";

    private static string Name(RecordHeader header) => header.Session.Length > 0 ? $"session {header.Session}" : $"gateway run {header.Boot}";

    private sealed class Chain
    {
        public required bool Whole { get; init; }

        public required long Sequence { get; set; }

        public required string Hash { get; set; }

        public required string Boot { get; set; }

        public long Monotonic { get; set; }

        public HashSet<long> OpenIntents { get; } = [];

        public long Intents { get; set; }

        public long Outcomes { get; set; }

        public long Denials { get; set; }
    }
}
