namespace Sallyport.Gateway.Transport;

/// <summary>Counters of one engine since it started; read from any thread.</summary>
public sealed class TransportCounters
{
    private long _accepted;
    private long _acceptedOpen;
    private long _refused;
    private long _connected;
    private long _acceptPauses;
    private long _stalls;
    private long _longestStallMicroseconds;
    private long _sessionFaults;

    public long Accepted => Volatile.Read(ref _accepted);

    /// <summary>Accepted connections that are open now.</summary>
    public long AcceptedOpen => Volatile.Read(ref _acceptedOpen);

    /// <summary>Connections closed at once because <see cref="TransportOptions.MaxAcceptedConnections"/> were open.</summary>
    public long Refused => Volatile.Read(ref _refused);

    public long Connected => Volatile.Read(ref _connected);

    /// <summary>Times that accepting paused because the process or the system ran out of descriptors or memory.</summary>
    public long AcceptPauses => Volatile.Read(ref _acceptPauses);

    /// <summary>Turns that kept an event loop busy for more than 5 ms.</summary>
    public long Stalls => Volatile.Read(ref _stalls);

    public long LongestStallMicroseconds => Volatile.Read(ref _longestStallMicroseconds);

    /// <summary>Exceptions that a session let escape.</summary>
    public long SessionFaults => Volatile.Read(ref _sessionFaults);

    /// <summary>Counts an accepted connection, or says that the limit is reached.</summary>
    internal bool TryOpen(int limit)
    {
        if (Interlocked.Increment(ref _acceptedOpen) > limit)
        {
            Interlocked.Decrement(ref _acceptedOpen);
            Interlocked.Increment(ref _refused);
            return false;
        }

        Interlocked.Increment(ref _accepted);
        return true;
    }

    internal void Closed() => Interlocked.Decrement(ref _acceptedOpen);

    internal void CountConnected() => Interlocked.Increment(ref _connected);

    internal void CountAcceptPause() => Interlocked.Increment(ref _acceptPauses);

    internal void CountSessionFault() => Interlocked.Increment(ref _sessionFaults);

    internal void CountStall(long microseconds)
    {
        Interlocked.Increment(ref _stalls);
        var longest = Volatile.Read(ref _longestStallMicroseconds);
        while (microseconds > longest)
        {
            var seen = Interlocked.CompareExchange(ref _longestStallMicroseconds, microseconds, longest);
            if (seen == longest)
            {
                return;
            }

            longest = seen;
        }
    }
}
