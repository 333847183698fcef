using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Sallyport.Gateway.Transport.Native;
using Sallyport.Gateway.Transport.Sockets;

namespace Sallyport.Gateway.Transport.Epoll;

/// <summary>
/// One thread, one epoll descriptor, and all sessions that were given to it. Nothing slow may run here: whoever waits for
/// something else than a wire awaits it elsewhere and is posted back.
/// </summary>
internal sealed class EpollLoop : IDisposable
{
    private const int MaxEvents = 256;

    /// <summary>Callbacks that run before the sockets are looked at again.</summary>
    private const int CallbacksPerTurn = 1_024;

    private const int CloseOnExec = 0x80000;
    private const int NonBlocking = 0x800;
    private const ulong WakeId = ulong.MaxValue;

    private static readonly long StallTicks = Stopwatch.Frequency / 200; // 5 ms

    private readonly int _epoll;
    private readonly SafeFileHandle _wake;
    private readonly LoopContext _context;
    private readonly TransportCounters _counters;
    private readonly HandleTable _handles = new();
    private readonly ConcurrentQueue<QueuedCallback> _remote = new();
    private readonly Queue<QueuedCallback> _local = new();
    private readonly Queue<EpollWire> _yielded = new();
    private readonly Thread _thread;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SerialContext _afterEnd = new();
    private int _threadId;
    private int _sleeping;
    private bool _stopping;
    private volatile bool _hasEnded;

    /// <exception cref="IOException">The kernel has no epoll or no descriptor left.</exception>
    public EpollLoop(int number, TransportOptions options, TransportCounters counters)
    {
        _counters = counters;
        ReceivesPerTurn = options.ReceivesPerTurn;
        _context = new LoopContext(this);
        _epoll = LibC.EpollCreate(CloseOnExec);
        var wake = _epoll < 0 ? -1 : LibC.EventDescriptor(0, CloseOnExec | NonBlocking);
        if (wake < 0)
        {
            throw Errno.Exception("Cannot make an event loop", Errno.Last);
        }

        _wake = new SafeFileHandle(wake, ownsHandle: true);
        EpollEvents.Watch(_epoll, wake, EpollEvents.Readable | EpollEvents.EdgeTriggered, WakeId);
        _thread = new Thread(Run) { IsBackground = true, Name = $"transport-{number}" };
        _thread.Start();
    }

    public bool IsCurrent => Environment.CurrentManagedThreadId == _threadId;

    public int ReceivesPerTurn { get; }

    /// <summary>Counts the rounds of the loop; a wire that sees the same number is still in the same turn.</summary>
    public long Turn { get; private set; }

    public Task Ended => _ended.Task;

    /// <summary>Whether the thread is gone and every wire closed.</summary>
    public bool HasEnded => _hasEnded;

    /// <summary>Runs the work on the loop, in place when this is its thread.</summary>
    public Task RunAsync(Func<Task> work)
    {
        if (IsCurrent && SynchronizationContext.Current == _context)
        {
            return work();
        }

        return RunAsync(async () =>
        {
            await work();
            return true;
        });
    }

    /// <inheritdoc cref="RunAsync(Func{Task})"/>
    public Task<T> RunAsync<T>(Func<Task<T>> work)
    {
        if (IsCurrent && SynchronizationContext.Current == _context)
        {
            return work();
        }

        var started = new TaskCompletionSource<Task<T>>(TaskCreationOptions.RunContinuationsAsynchronously);
        _context.Post(_ => started.SetResult(Started(work)), null);
        return started.Task.Unwrap();
    }

    public void Post(Action<object?> callback, object? state) => Enqueue(new QueuedCallback(callback, state));

    public void Enqueue(QueuedCallback callback)
    {
        if (IsCurrent)
        {
            _local.Enqueue(callback);
            return;
        }

        _remote.Enqueue(callback);
        if (_hasEnded)
        {
            RunAfterEnd();
        }
        else if (Interlocked.Exchange(ref _sleeping, 0) == 1)
        {
            Wake();
        }
    }

    /// <summary>Watches a descriptor until <see cref="Forget"/>.</summary>
    /// <exception cref="IOException">The kernel refuses.</exception>
    public ulong Watch(IEpollHandle handle, int descriptor, uint events)
    {
        var id = _handles.Add(handle);
        try
        {
            EpollEvents.Watch(_epoll, descriptor, events, id);
            return id;
        }
        catch (IOException)
        {
            _handles.Remove(id);
            throw;
        }
    }

    public void Rewatch(int descriptor, uint events, ulong id) => EpollEvents.Watch(_epoll, descriptor, events, id, modify: true);

    /// <summary>Forgets a handle; closing its descriptor then takes it out of epoll.</summary>
    public void Forget(ulong id) => _handles.Remove(id);

    /// <summary>Lets the others go first: the wire is resumed in the next turn.</summary>
    public void Yield(EpollWire wire) => _yielded.Enqueue(wire);

    /// <summary>Closes everything; the thread ends when the sessions have seen it.</summary>
    public void Dispose() => Post(static loop => ((EpollLoop)loop!).BeginStop(), this);

    private static async Task<T> Started<T>(Func<Task<T>> work) => await work();

    /// <summary>One write wakes the loop for everything that is queued by then. The counter is never read: an edge is enough.</summary>
    private void Wake()
    {
        try
        {
            ulong one = 1;
            LibC.Write(_wake, ref one, sizeof(ulong));
        }
        catch (ObjectDisposedException)
        {
            // The loop ended between the caller's look at it and now; it has taken what was queued.
        }
    }

    private void BeginStop()
    {
        _stopping = true;
        foreach (var handle in _handles.All())
        {
            handle.OnLoopStopping();
        }
    }

    private void Run()
    {
        _threadId = Environment.CurrentManagedThreadId;
        SynchronizationContext.SetSynchronizationContext(_context);
        var events = GC.AllocateUninitializedArray<byte>(MaxEvents * EpollEvents.Bytes, pinned: true);
        while (true)
        {
            Turn++;
            var hasMore = RunQueued();
            if (_stopping && !hasMore && _handles.Count == 0)
            {
                break;
            }

            var count = Wait(events, hasMore);
            var before = Stopwatch.GetTimestamp();
            for (var i = 0; i < count; i++)
            {
                var (flags, id) = EpollEvents.Read(events, i);
                if (id != WakeId && _handles.Find(id) is { } handle)
                {
                    handle.OnEvents(flags);
                    before = NoteDuration(before);
                }
            }
        }

        _threadId = 0;
        SynchronizationContext.SetSynchronizationContext(null);
        _hasEnded = true;
        LibC.Close(_epoll);
        _wake.Dispose();
        RunAfterEnd();
        _ended.SetResult();
    }

    private int Wait(byte[] events, bool hasMore)
    {
        var timeoutMilliseconds = 0;
        if (!hasMore)
        {
            // Announce sleep first and look again: a callback queued in between either is seen here or wakes us.
            Interlocked.Exchange(ref _sleeping, 1);
            timeoutMilliseconds = _remote.IsEmpty ? -1 : 0;
        }

        var count = LibC.EpollWait(_epoll, ref MemoryMarshal.GetArrayDataReference(events), MaxEvents, timeoutMilliseconds);
        Volatile.Write(ref _sleeping, 0);
        if (count >= 0)
        {
            return count;
        }

        var error = Errno.Last;
        return error == Errno.Interrupted ? 0 : throw Errno.Exception("The event loop cannot wait", error);
    }

    /// <summary>Runs what was posted and resumes who yielded; says whether more is waiting already.</summary>
    private bool RunQueued()
    {
        var before = Stopwatch.GetTimestamp();
        for (var i = 0; i < CallbacksPerTurn && _remote.TryDequeue(out var callback); i++)
        {
            callback.Invoke();
            before = NoteDuration(before);
        }

        for (var i = 0; i < CallbacksPerTurn && _local.TryDequeue(out var callback); i++)
        {
            callback.Invoke();
            before = NoteDuration(before);
        }

        for (var yielded = _yielded.Count; yielded > 0; yielded--)
        {
            _yielded.Dequeue().OnTurn();
            before = NoteDuration(before);
        }

        return _local.Count > 0 || _yielded.Count > 0 || !_remote.IsEmpty;
    }

    /// <summary>The watchdog: counts a turn of more than 5 ms. Returns the time now.</summary>
    private long NoteDuration(long before)
    {
        var now = Stopwatch.GetTimestamp();
        if (now - before > StallTicks)
        {
            _counters.CountStall((now - before) * 1_000_000 / Stopwatch.Frequency);
        }

        return now;
    }

    /// <summary>Callbacks that arrive once the thread is gone still run, one at a time, so that nobody waits for ever.</summary>
    private void RunAfterEnd()
    {
        while (_remote.TryDequeue(out var callback))
        {
            _afterEnd.Post(static queued => ((QueuedCallback)queued!).Invoke(), callback);
        }
    }
}
