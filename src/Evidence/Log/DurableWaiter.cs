using System.Threading.Tasks.Sources;

namespace Sallyport.Evidence.Log;

/// <summary>
/// The pooled source behind <see cref="Appended.Durable"/>. A continuation returns to the synchronization context it was
/// awaited on; all waiters of one batch on one context share a single post. The writer thread never runs a continuation itself.
/// </summary>
internal sealed class DurableWaiter : IValueTaskSource, IThreadPoolWorkItem
{
    private const int PooledPerThread = 256;

    private static readonly Action<object?> Completed = static _ => throw new InvalidOperationException("Not a continuation.");

    private static readonly SendOrPostCallback RunChain = static state =>
    {
        for (var waiter = (DurableWaiter?)state; waiter is not null;)
        {
            // Running it may return the waiter to the pool, so the link is read first.
            var next = waiter.Next;
            waiter.Next = null;
            waiter.Execute();
            waiter = next;
        }
    };

    [ThreadStatic]
    private static Stack<DurableWaiter>? _pool;

    private Action<object?>? _continuation;
    private object? _state;
    private SynchronizationContext? _context;
    private ExecutionContext? _executionContext;
    private Exception? _failure;
    private short _version;

    /// <summary>The next waiter of the same context in one completed batch.</summary>
    public DurableWaiter? Next { get; set; }

    /// <summary>Where the continuation runs; meaningful once <see cref="TryComplete"/> said there is one.</summary>
    public SynchronizationContext? Context => _context;

    public static DurableWaiter Rent() => _pool is { Count: > 0 } pool ? pool.Pop() : new DurableWaiter();

    public ValueTask AsValueTask() => new(this, _version);

    /// <summary>Marks the record durable or lost. True: a continuation waits and must be run by <see cref="Release"/>.</summary>
    public bool TryComplete(Exception? failure)
    {
        _failure = failure;
        var waiting = Interlocked.CompareExchange(ref _continuation, Completed, comparand: null);
        return waiting is not null;
    }

    /// <summary>Runs a chain of waiters on <paramref name="context"/> (all of one context), or on the thread pool.</summary>
    public static void Release(SynchronizationContext? context, DurableWaiter first)
    {
        if (context is not null)
        {
            context.Post(RunChain, first);
            return;
        }
        for (var waiter = first; waiter is not null;)
        {
            var next = waiter.Next;
            waiter.Next = null;
            ThreadPool.UnsafeQueueUserWorkItem(waiter, preferLocal: false);
            waiter = next;
        }
    }

    public void Execute()
    {
        var continuation = Interlocked.Exchange(ref _continuation, Completed)!;
        var state = _state;
        if (_executionContext is null)
        {
            continuation(state);
            return;
        }
        ExecutionContext.Run(_executionContext, static pair =>
        {
            var (run, argument) = ((Action<object?>, object?))pair!;
            run(argument);
        }, (continuation, state));
    }

    public ValueTaskSourceStatus GetStatus(short token)
    {
        CheckToken(token);
        if (!ReferenceEquals(Volatile.Read(ref _continuation), Completed))
        {
            return ValueTaskSourceStatus.Pending;
        }
        return _failure is null ? ValueTaskSourceStatus.Succeeded : ValueTaskSourceStatus.Faulted;
    }

    public void GetResult(short token)
    {
        if (GetStatus(token) == ValueTaskSourceStatus.Pending)
        {
            throw new InvalidOperationException("The record is not durable yet.");
        }
        var failure = _failure;
        Return();
        if (failure is not null)
        {
            throw new LedgerUnavailableException(failure.Message, failure);
        }
    }

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
    {
        CheckToken(token);
        _state = state;
        if ((flags & ValueTaskSourceOnCompletedFlags.FlowExecutionContext) != 0)
        {
            _executionContext = ExecutionContext.Capture();
        }
        if ((flags & ValueTaskSourceOnCompletedFlags.UseSchedulingContext) != 0
            && SynchronizationContext.Current is { } context && context.GetType() != typeof(SynchronizationContext))
        {
            _context = context;
        }
        var earlier = Interlocked.CompareExchange(ref _continuation, continuation, comparand: null);
        if (earlier is null)
        {
            return;
        }
        if (!ReferenceEquals(earlier, Completed))
        {
            throw new InvalidOperationException("A durable record can be awaited once.");
        }
        // Became durable in between: still resumed through the context, never inline.
        Volatile.Write(ref _continuation, continuation);
        Release(_context, this);
    }

    private void CheckToken(short token)
    {
        if (token != _version)
        {
            throw new InvalidOperationException("This record was awaited before.");
        }
    }

    private void Return()
    {
        _version++;
        _state = null;
        _context = null;
        _executionContext = null;
        _failure = null;
        Volatile.Write(ref _continuation, value: null);
        var pool = _pool ??= new Stack<DurableWaiter>();
        if (pool.Count < PooledPerThread)
        {
            pool.Push(this);
        }
    }
}
