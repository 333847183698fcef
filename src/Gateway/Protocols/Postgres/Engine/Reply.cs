namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>What the server still owes us, in the order it was asked.</summary>
internal enum ReplyKind : byte
{
    /// <summary>A hidden Parse + Describe: the analysis of a statement. State: <see cref="Probe"/>.</summary>
    Probe,

    /// <summary>A hidden catalogue query. State: <see cref="FactsReader"/>.</summary>
    Facts,

    /// <summary>A hidden COPY of nothing. State: <see cref="CopyRehearsal"/>.</summary>
    Rehearsal,

    /// <summary>A message of ours that must keep its place in the order. State: the message's bytes.</summary>
    Synthetic,

    /// <summary>A hidden Parse that needs no analysis.</summary>
    Parse,

    /// <summary>State: <see cref="Portal"/>.</summary>
    Bind,

    /// <summary>ParameterDescription, RowDescription or NoData. State: <see cref="ServerStatement"/> of a statement's description, or null for a portal's.</summary>
    Describe,

    /// <summary>State: <see cref="Execution"/>.</summary>
    Execute,

    Close,

    /// <summary>CloseComplete for an object that SQL made. State: <see cref="NamedClose"/>.</summary>
    CloseNamed,

    /// <summary>ReadyForQuery; errors skip to here.</summary>
    Sync,

    /// <summary>A BEGIN or COMMIT of ours, as a simple query. Its tag is hidden; what Hidden says is about its ReadyForQuery.</summary>
    Block,

    /// <summary>A statement that fails on purpose, so that the server's transaction fails as ours must look. State: our ErrorResponse.</summary>
    InjectedError,
}

/// <param name="Kind">What is owed.</param>
/// <param name="State">What handles it; see <see cref="ReplyKind"/>.</param>
/// <param name="Hidden">Whether the client never asked for it.</param>
/// <param name="Undo">Run when an earlier error makes the server skip the request.</param>
internal readonly record struct Reply(ReplyKind Kind, object? State = null, bool Hidden = false, Action? Undo = null);

/// <summary>A Close message for an object that SQL made.</summary>
/// <param name="Kind">S for a statement, P for a cursor.</param>
/// <param name="Name">Its name.</param>
internal sealed record NamedClose(byte Kind, string Name);

/// <summary>A growing ring of replies. Its length is bounded by <see cref="Limit"/>: past it the client is not read until the server has answered.</summary>
internal sealed class ReplyQueue
{
    /// <summary>Most requests a client may have in flight.</summary>
    public const int Limit = 4096;

    private Reply[] _ring = [];
    private int _head;
    private TaskCompletionSource? _whenShort;
    private int _shortLength;

    public int Count { get; private set; }

    public ref readonly Reply Head => ref _ring[_head];

    public void Enqueue(in Reply reply)
    {
        if (Count == _ring.Length)
        {
            var grown = new Reply[Math.Max(8, Count * 2)];
            for (var i = 0; i < Count; i++)
            {
                grown[i] = _ring[(_head + i) % _ring.Length];
            }

            _ring = grown;
            _head = 0;
        }

        _ring[(_head + Count) % _ring.Length] = reply;
        Count++;
    }

    public Reply Dequeue()
    {
        var reply = _ring[_head];
        _ring[_head] = default;
        _head = (_head + 1) % _ring.Length;
        Count--;
        if (Count <= _shortLength && _whenShort is { } waiter)
        {
            _whenShort = null;
            waiter.TrySetResult();
        }

        return reply;
    }

    /// <summary>Puts the reply that was just taken back to the front.</summary>
    public void PutBack(in Reply reply)
    {
        _head = (_head + _ring.Length - 1) % _ring.Length;
        _ring[_head] = reply;
        Count++;
    }

    /// <summary>The command the server works on, or will next: its answers to what comes before may not have been sent yet. Null when there is none.</summary>
    public Execution? Running()
    {
        for (var i = 0; i < Count; i++)
        {
            if (_ring[(_head + i) % _ring.Length].State is Execution execution)
            {
                return execution;
            }
        }

        return null;
    }

    /// <summary>Completes when at most <paramref name="length"/> replies are owed. One waiter at a time.</summary>
    public Task WhenAtMostAsync(int length)
    {
        if (Count <= length)
        {
            return Task.CompletedTask;
        }

        _shortLength = length;
        _whenShort = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return _whenShort.Task;
    }

    /// <summary>The connection is lost: whoever waits is told.</summary>
    public void Fail(Exception exception)
    {
        _whenShort?.TrySetException(exception);
        while (Count > 0)
        {
            if (Dequeue().State is IReplyWaiter waiter)
            {
                waiter.Fail(exception);
            }
        }
    }
}

/// <summary>A reply that the client's side awaits.</summary>
internal interface IReplyWaiter
{
    /// <summary>An earlier error made the server skip the request.</summary>
    void Skip();

    void Fail(Exception exception);
}
