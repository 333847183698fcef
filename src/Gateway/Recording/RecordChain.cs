using Sallyport.Evidence.Log;
using Sallyport.Evidence.Records;

namespace Sallyport.Gateway.Recording;

/// <summary>
/// The records of one session, or of the gateway itself in one run: numbered without gaps, each naming the hash of the one before.
/// Not thread-safe; owners hold <see cref="Gate"/> from <see cref="Begin"/> to the end of the append.
/// </summary>
internal sealed class RecordChain
{
    [ThreadStatic]
    private static LineWriter? _line;

    private readonly Ledger _ledger;
    private readonly RecordClock _clock;
    private readonly byte[] _sessionField;
    private readonly byte[] _identityFields;
    private LeafHash? _previous;
    private long _sequence;

    public RecordChain(Ledger ledger, RecordClock clock, string session, string subject, string agent, string connection)
    {
        _ledger = ledger;
        _clock = clock;
        var line = new LineWriter();
        line.Field("sid"u8, session);
        _sessionField = line.Written.ToArray();
        line.Clear();
        line.Field("sub"u8, subject);
        line.Field("ag"u8, agent);
        line.Field("conn"u8, connection);
        _identityFields = line.Written.ToArray();
    }

    public Lock Gate { get; } = new();

    /// <summary>Place of the first record in the log, or -1.</summary>
    public long FirstIndex { get; private set; } = -1;

    /// <summary>Place of the newest record in the log, or -1.</summary>
    public long LastIndex { get; private set; } = -1;

    /// <summary>Continues a chain that a crash cut off.</summary>
    public void ContinueAfter(long sequence, LeafHash previous)
    {
        _sequence = sequence + 1;
        _previous = previous;
    }

    /// <summary>Writes the header of the next record. The writer is this thread's own until the append.</summary>
    public LineWriter Begin(ReadOnlySpan<byte> kind)
    {
        var line = _line ??= new LineWriter();
        _clock.Begin(line, kind);
        line.Raw(_sessionField);
        line.Field("seq"u8, _sequence);
        line.Raw(_identityFields);
        line.Raw(",\"prev\":\""u8);
        if (_previous is { } previous)
        {
            Span<byte> hash = stackalloc byte[LeafHash.Bytes];
            previous.CopyTo(hash);
            line.Hex(hash);
        }
        line.Raw("\""u8);
        return line;
    }

    public Appended Append(LineWriter line)
    {
        line.Raw("}"u8);
        var appended = _ledger.Append(line.Written);
        Advance(appended.Index, appended.Hash);
        return appended;
    }

    public long AppendLazily(LineWriter line)
    {
        line.Raw("}"u8);
        var (index, hash) = _ledger.AppendLazily(line.Written);
        Advance(index, hash);
        return index;
    }

    private void Advance(long index, LeafHash hash)
    {
        _previous = hash;
        _sequence++;
        LastIndex = index;
        FirstIndex = FirstIndex < 0 ? index : FirstIndex;
    }
}
