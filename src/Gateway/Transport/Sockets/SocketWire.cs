using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Sallyport.Gateway.Transport.Native;

namespace Sallyport.Gateway.Transport.Sockets;

/// <summary>A plain connection over <see cref="Socket"/>; both event args and both value task sources are reused for its whole life.</summary>
internal sealed class SocketWire : Wire
{
    private readonly Socket _socket;
    private readonly int _receivesPerTurn;
    private readonly OpenWires _open;
    private readonly Operation _receive;
    private readonly Operation _send;
    private ReadOnlyMemory<byte> _unsent;
    private int _receivesThisTurn;
    private int _pending;
    private int _closed;
    private volatile bool _aborted;

    public SocketWire(Socket socket, int receivesPerTurn, OpenWires open)
    {
        _socket = socket;
        _receivesPerTurn = receivesPerTurn;
        _open = open;
        _receive = new Operation(this, isSend: false);
        _send = new Operation(this, isSend: true);
        RemoteEndPoint = socket.RemoteEndPoint ?? new IPEndPoint(IPAddress.None, 0);
    }

    public override EndPoint RemoteEndPoint { get; }

    public override bool IsPeerGone
    {
        get
        {
            try
            {
                // Elsewhere than on Linux a close behind unread bytes shows only once they are read.
                return _aborted || (OperatingSystem.IsLinux()
                    ? LibC.IsPeerGone(_socket.SafeHandle)
                    : _socket.Poll(0, SelectMode.SelectRead) && _socket.Available == 0);
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                return true;
            }
        }
    }

    public override ValueTask WaitReadableAsync()
    {
        StartReceive(Memory<byte>.Empty);
        return _receive.Source.AsValueTask();
    }

    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        if (buffer.IsEmpty)
        {
            throw new ArgumentException("A receive needs room for at least one byte.", nameof(buffer));
        }

        StartReceive(buffer);
        return _receive.Source.AsValueTaskOfBytes();
    }

    public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        _send.Source.Start();
        _unsent = bytes;
        StartSend();
        return _send.Source.AsValueTask();
    }

    public override ValueTask CloseSendAsync()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
            return ValueTask.CompletedTask;
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            return ValueTask.FromException(Failure(exception));
        }
    }

    public override void Abort()
    {
        if (_aborted)
        {
            return;
        }

        _aborted = true;
        _open.Remove(this);
        try
        {
            // Ends what is pending and still delivers what was sent. Closing under a pending operation would reset the
            // connection, and the peer might lose the last message, which says why.
            _socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // It has failed already; closing it is all that is left.
        }

        CloseWhenIdle();
    }

    private void CloseWhenIdle()
    {
        if (_aborted && Volatile.Read(ref _pending) == 0 && Interlocked.Exchange(ref _closed, 1) == 0)
        {
            if (OperatingSystem.IsLinux())
            {
                SocketCalls.DiscardUnread(_socket.SafeHandle);
            }

            _socket.Dispose();
            _receive.Dispose();
            _send.Dispose();
        }
    }

    /// <summary>Counts an operation that is handed to the socket, unless the wire was aborted.</summary>
    private void Enter()
    {
        Interlocked.Increment(ref _pending);
        ObjectDisposedException.ThrowIf(_aborted, this);
    }

    private void Leave()
    {
        if (Interlocked.Decrement(ref _pending) == 0)
        {
            CloseWhenIdle();
        }
    }

    private IOException Failure(Exception? cause) => _aborted
        ? new IOException("The connection was aborted.", cause)
        : new IOException("The connection failed: " + ((cause as SocketException)?.SocketErrorCode.ToString() ?? "closed") + ".", cause);

    private void StartReceive(Memory<byte> buffer)
    {
        _receive.Source.Start();
        try
        {
            Enter();
            _receive.SetBuffer(buffer);
            if (_socket.ReceiveAsync(_receive))
            {
                _receivesThisTurn = 0;
                return;
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            Leave();
            _receive.Source.Fail(Failure(exception));
            return;
        }

        if (++_receivesThisTurn <= _receivesPerTurn)
        {
            FinishReceive();
            return;
        }

        // A peer that always has bytes ready would keep this thread for itself: let the others run first.
        _receivesThisTurn = 0;
        ThreadPool.UnsafeQueueUserWorkItem(static wire => wire.FinishReceive(), this, preferLocal: false);
    }

    private void FinishReceive()
    {
        var (error, received) = (_receive.SocketError, _receive.BytesTransferred);
        Leave();
        if (error == SocketError.Success && !_aborted)
        {
            _receive.Source.Complete(received);
        }
        else
        {
            _receive.Source.Fail(Failure(new SocketException((int)error)));
        }
    }

    private void StartSend()
    {
        try
        {
            Enter();
            ContinueSend();
        }
        catch (ObjectDisposedException exception)
        {
            FinishSend(exception);
        }
    }

    /// <summary>Sends until everything is accepted, something fails, or the socket makes us wait.</summary>
    private void ContinueSend()
    {
        try
        {
            while (!_unsent.IsEmpty)
            {
                _send.SetBuffer(MemoryMarshal.AsMemory(_unsent));
                if (_socket.SendAsync(_send))
                {
                    return;
                }

                TakeSent();
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            FinishSend(exception);
            return;
        }

        FinishSend(null);
    }

    /// <exception cref="SocketException">The send failed.</exception>
    private void TakeSent()
    {
        if (_send.SocketError != SocketError.Success)
        {
            throw new SocketException((int)_send.SocketError);
        }

        _unsent = _unsent[_send.BytesTransferred..];
    }

    private void FinishSend(Exception? failure)
    {
        _unsent = default;
        Leave();
        if (failure is null)
        {
            _send.Source.Complete(0);
        }
        else
        {
            _send.Source.Fail(Failure(failure));
        }
    }

    private void OnSent()
    {
        try
        {
            TakeSent();
        }
        catch (SocketException exception)
        {
            FinishSend(exception);
            return;
        }

        ContinueSend();
    }

    private sealed class Operation(SocketWire wire, bool isSend) : SocketAsyncEventArgs(true)
    {
        public OperationSource Source { get; } = new();

        protected override void OnCompleted(SocketAsyncEventArgs e)
        {
            if (isSend)
            {
                wire.OnSent();
            }
            else
            {
                wire.FinishReceive();
            }
        }
    }
}
