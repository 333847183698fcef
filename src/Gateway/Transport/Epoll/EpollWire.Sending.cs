using System.Runtime.InteropServices;
using Sallyport.Gateway.Transport.Native;

namespace Sallyport.Gateway.Transport.Epoll;

internal sealed partial class EpollWire
{
    private OperationSource? _send;
    private ReadOnlyMemory<byte> _unsent;
    private bool _sendPending;

    public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        if (!_loop.IsCurrent)
        {
            return CarriedOverSendAsync(bytes);
        }

        if (_sendPending)
        {
            throw new InvalidOperationException("A send is already pending on the wire.");
        }

        if (IsAborted)
        {
            return ValueTask.FromException(Aborted());
        }

        _unsent = bytes;
        if (TrySend(out var failure))
        {
            return failure is null ? ValueTask.CompletedTask : ValueTask.FromException(failure);
        }

        return WaitForSend();
    }

    public override ValueTask CloseSendAsync()
    {
        if (!_loop.IsCurrent)
        {
            return _loop.HasEnded ? ValueTask.FromException(Aborted()) : new ValueTask(_loop.RunAsync(() => CloseSendAsync().AsTask()));
        }

        var error = IsAborted ? 0 : SocketCalls.CloseSend(_descriptor);
        return IsAborted ? ValueTask.FromException(Aborted()) : error == 0 ? ValueTask.CompletedTask : ValueTask.FromException(Failed(error));
    }

    private ValueTask CarriedOverSendAsync(ReadOnlyMemory<byte> bytes) =>
        _loop.HasEnded ? ValueTask.FromException(Aborted()) : new(_loop.RunAsync(() => SendAsync(bytes).AsTask()));

    /// <summary>True when the send has ended, well or with <paramref name="failure"/>; false when the kernel's buffer is full.</summary>
    private bool TrySend(out IOException? failure)
    {
        failure = null;
        while (!_unsent.IsEmpty)
        {
            var sent = (int)LibC.Send(_descriptor, ref MemoryMarshal.GetReference(_unsent.Span), _unsent.Length, SocketCalls.NoSignal);
            if (sent >= 0)
            {
                _unsent = _unsent[sent..];
                continue;
            }

            switch (Errno.Last)
            {
                case Errno.Interrupted:
                    continue;
                case Errno.TryAgain:
                    return false;
                case var error:
                    _unsent = default;
                    failure = Failed(error);
                    return true;
            }
        }

        _unsent = default;
        return true;
    }

    private ValueTask WaitForSend()
    {
        _send ??= new OperationSource();
        _send.Start();
        _sendPending = true;
        return _send.AsValueTask();
    }

    private void FinishSend(IOException? failure)
    {
        _sendPending = false;
        _unsent = default;
        if (failure is null)
        {
            _send!.Complete(0);
        }
        else
        {
            _send!.Fail(failure);
        }
    }
}
