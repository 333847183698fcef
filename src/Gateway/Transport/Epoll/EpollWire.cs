using System.Net;
using System.Runtime.InteropServices;
using Sallyport.Gateway.Transport.Native;

namespace Sallyport.Gateway.Transport.Epoll;

/// <summary>
/// A plain connection on one loop. Everything tries first and waits only when the kernel says so; a receive that got less
/// than it asked for has drained the socket, so the next one waits without asking again.
/// </summary>
/// <remarks>Every field is the loop thread's own, but for <see cref="_aborted"/>. A call from another thread is carried over.</remarks>
internal sealed partial class EpollWire : Wire, IEpollHandle
{
    private const uint Watched =
        EpollEvents.Readable | EpollEvents.Urgent | EpollEvents.Writable | EpollEvents.PeerHangUp | EpollEvents.EdgeTriggered;

    private readonly EpollLoop _loop;
    private readonly OperationSource _receive = new();
    private int _descriptor;
    private ulong _id;
    private Memory<byte> _receiveBuffer;
    private long _turn;
    private int _receivesThisTurn;
    private int _aborted;
    private bool _connecting;
    private bool _receivePending;
    private bool _readable;
    private bool _peerGone;
    private bool _shortReadMayHideMore;

    private EpollWire(EpollLoop loop, int descriptor, IPEndPoint remote)
    {
        _loop = loop;
        _descriptor = descriptor;
        RemoteEndPoint = remote;
    }

    public override EndPoint RemoteEndPoint { get; }

    public override bool IsPeerGone => IsAborted || _peerGone || (_loop.IsCurrent && LibC.IsPeerGone(_descriptor));

    private bool IsAborted => Volatile.Read(ref _aborted) != 0;

    /// <summary>A connection that was accepted. Watching reports what has arrived already.</summary>
    /// <exception cref="IOException">The kernel cannot watch one more descriptor; it stays open.</exception>
    public static EpollWire Accepted(EpollLoop loop, int descriptor, IPEndPoint remote)
    {
        SocketCalls.Tune(descriptor);
        var wire = new EpollWire(loop, descriptor, remote);
        wire._id = loop.Watch(wire, descriptor, Watched);
        return wire;
    }

    /// <summary>Starts to connect; <paramref name="connected"/> tells when it has.</summary>
    /// <exception cref="IOException">No descriptor is left.</exception>
    public static EpollWire StartConnect(EpollLoop loop, IPEndPoint remote, out ValueTask connected)
    {
        var descriptor = SocketCalls.Open(remote.AddressFamily);
        SocketCalls.Tune(descriptor);
        var wire = new EpollWire(loop, descriptor, remote);
        var error = SocketCalls.Connect(descriptor, remote);
        if (error is not (0 or Errno.InProgress))
        {
            LibC.Close(descriptor);
            wire._descriptor = -1;
            wire._aborted = 1;
            connected = ValueTask.FromException(new IOException(Errno.Text(error)));
            return wire;
        }

        try
        {
            // Watched only now: a socket that has not begun to connect is reported as hung up.
            wire._id = loop.Watch(wire, descriptor, Watched);
        }
        catch (IOException)
        {
            LibC.Close(descriptor);
            throw;
        }

        wire._connecting = error != 0;
        connected = wire._connecting ? wire.WaitForSend() : ValueTask.CompletedTask;
        return wire;
    }

    public override ValueTask WaitReadableAsync()
    {
        if (!_loop.IsCurrent)
        {
            return CarriedOverWaitAsync();
        }

        CheckNoReceivePending();
        if (IsAborted)
        {
            return ValueTask.FromException(Aborted());
        }

        if (_readable)
        {
            return ValueTask.CompletedTask;
        }

        _receive.Start();
        _receivePending = true;
        return _receive.AsValueTask();
    }

    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        if (!_loop.IsCurrent)
        {
            return CarriedOverReceiveAsync(buffer);
        }

        if (buffer.IsEmpty)
        {
            throw new ArgumentException("A receive needs room for at least one byte.", nameof(buffer));
        }

        CheckNoReceivePending();
        if (IsAborted)
        {
            return ValueTask.FromException<int>(Aborted());
        }

        if (_readable && MayReceiveInThisTurn())
        {
            var received = TryReceive(buffer, out var failure);
            if (received >= 0)
            {
                return ValueTask.FromResult(received);
            }

            if (failure is not null)
            {
                return ValueTask.FromException<int>(failure);
            }
        }

        _receive.Start();
        _receivePending = true;
        _receiveBuffer = buffer;
        if (_readable)
        {
            _loop.Yield(this);
        }

        return _receive.AsValueTaskOfBytes();
    }

    public override void Abort()
    {
        if (Interlocked.Exchange(ref _aborted, 1) != 0)
        {
            return;
        }

        if (_loop.IsCurrent)
        {
            Close();
        }
        else
        {
            _loop.Post(static wire => ((EpollWire)wire!).Close(), this);
        }
    }

    public void OnEvents(uint events)
    {
        if (_connecting && (events & EpollEvents.EndsSend) != 0)
        {
            FinishConnect();
            return;
        }

        if ((events & (EpollEvents.PeerHangUp | EpollEvents.HangUp | EpollEvents.Error)) != 0)
        {
            // No later event will tell of the end behind the bytes, so a short read proves nothing any more.
            _peerGone = true;
            _shortReadMayHideMore = true;
        }

        if ((events & EpollEvents.Urgent) != 0)
        {
            // A receive stops short at the urgent mark.
            _shortReadMayHideMore = true;
        }

        if ((events & EpollEvents.EndsReceive) != 0)
        {
            _readable = true;
            ResumeReceive();
        }

        if ((events & EpollEvents.EndsSend) != 0 && _sendPending && TrySend(out var failure))
        {
            FinishSend(failure);
        }
    }

    public void OnLoopStopping() => Abort();

    /// <summary>Goes on with a receive that let others go first.</summary>
    public void OnTurn() => ResumeReceive();

    private static IOException Aborted() => new("The connection was aborted.");

    private static IOException Failed(int error) => new($"The connection failed: {Errno.Text(error)}.");

    // Apart from the callers, which would otherwise allocate these closures on every call. A loop that has ended has
    // closed its wires and is nowhere to be carried to: work would be handed over to it for ever.
    private ValueTask CarriedOverWaitAsync() =>
        _loop.HasEnded ? ValueTask.FromException(Aborted()) : new(_loop.RunAsync(() => WaitReadableAsync().AsTask()));

    private ValueTask<int> CarriedOverReceiveAsync(Memory<byte> buffer) =>
        _loop.HasEnded ? ValueTask.FromException<int>(Aborted()) : new(_loop.RunAsync(() => ReceiveAsync(buffer).AsTask()));

    private void CheckNoReceivePending()
    {
        if (_receivePending)
        {
            throw new InvalidOperationException("A receive is already pending on the wire.");
        }
    }

    /// <summary>Bounds what one busy connection may do before the loop looks at the others.</summary>
    private bool MayReceiveInThisTurn()
    {
        if (_turn != _loop.Turn)
        {
            _turn = _loop.Turn;
            _receivesThisTurn = 0;
        }

        return ++_receivesThisTurn <= _loop.ReceivesPerTurn;
    }

    /// <summary>Returns the number of bytes, 0 at the end, or -1 when nothing is there or <paramref name="failure"/> is set.</summary>
    private int TryReceive(Memory<byte> buffer, out IOException? failure)
    {
        failure = null;
        while (true)
        {
            var received = (int)LibC.Receive(_descriptor, ref MemoryMarshal.GetReference(buffer.Span), buffer.Length, 0);
            if (received >= 0)
            {
                // At the end the socket stays readable: the next receive, too, finds the end.
                _readable = received == buffer.Length || received == 0 || _shortReadMayHideMore;
                return received;
            }

            switch (Errno.Last)
            {
                case Errno.Interrupted:
                    continue;
                case Errno.TryAgain:
                    _readable = false;
                    return -1;
                case var error:
                    failure = Failed(error);
                    return -1;
            }
        }
    }

    private void ResumeReceive()
    {
        if (!_receivePending || !_readable)
        {
            return;
        }

        var received = 0;
        IOException? failure = null;
        if (!_receiveBuffer.IsEmpty)
        {
            MayReceiveInThisTurn();
            received = TryReceive(_receiveBuffer, out failure);
            if (received < 0 && failure is null)
            {
                return;
            }
        }

        _receivePending = false;
        _receiveBuffer = default;
        if (failure is null)
        {
            _receive.Complete(received);
        }
        else
        {
            _receive.Fail(failure);
        }
    }

    private void FinishConnect()
    {
        _connecting = false;
        var error = SocketCalls.TakeError(_descriptor);
        FinishSend(error == 0 ? null : new IOException(Errno.Text(error)));
    }

    private void Close()
    {
        _loop.Forget(_id);
        SocketCalls.DiscardUnread(_descriptor);
        LibC.Close(_descriptor);
        _descriptor = -1;
        _readable = false;
        _connecting = false;
        if (_receivePending || _sendPending)
        {
            // Whoever aborts is in the middle of something: the others learn of it after that.
            _loop.Post(static wire => ((EpollWire)wire!).FailPending(), this);
        }
    }

    private void FailPending()
    {
        if (_receivePending)
        {
            _receivePending = false;
            _receiveBuffer = default;
            _receive.Fail(Aborted());
        }

        if (_sendPending)
        {
            FinishSend(Aborted());
        }
    }
}
