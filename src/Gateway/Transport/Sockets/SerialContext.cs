using System.Runtime.CompilerServices;

namespace Sallyport.Gateway.Transport.Sockets;

/// <summary>Runs the callbacks of one session one after the other on the thread pool.</summary>
internal sealed class SerialContext : SessionContext, IThreadPoolWorkItem
{
    /// <summary>Callbacks that run before the thread is given back to the pool.</summary>
    private const int CallbacksPerTurn = 64;

    private readonly Queue<QueuedCallback> _queue = new();
    private readonly Lock _lock = new();
    private bool _running;

    public override void Post(SendOrPostCallback d, object? state)
    {
        lock (_lock)
        {
            _queue.Enqueue(new QueuedCallback(d, state));
            if (_running)
            {
                return;
            }

            _running = true;
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    public override void Dispatch(Action<object?> callback, object? state)
    {
        lock (_lock)
        {
            if (_running)
            {
                _queue.Enqueue(new QueuedCallback(callback, state));
                return;
            }

            _running = true;
        }

        var outer = Current;
        SetSynchronizationContext(this);
        try
        {
            callback(state);
        }
        finally
        {
            SetSynchronizationContext(outer);
            Continue();
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        var outer = Current;
        SetSynchronizationContext(this);
        try
        {
            for (var turn = 0; turn < CallbacksPerTurn && TryTake(out var callback); turn++)
            {
                callback.Invoke();
            }
        }
        finally
        {
            SetSynchronizationContext(outer);
            Continue();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryTake(out QueuedCallback callback)
    {
        lock (_lock)
        {
            return _queue.TryDequeue(out callback);
        }
    }

    /// <summary>Ends this thread's turn: becomes idle, or asks the pool for another turn when more is queued.</summary>
    private void Continue()
    {
        lock (_lock)
        {
            if (_queue.Count == 0)
            {
                _running = false;
                return;
            }
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }
}
