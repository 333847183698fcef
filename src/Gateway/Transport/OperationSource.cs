using System.Runtime.ExceptionServices;
using System.Threading.Tasks.Sources;

namespace Sallyport.Gateway.Transport;

/// <summary>
/// One reusable pending operation of a wire. Unlike the runtime's own core it lets the session's context run the
/// continuation in place, which saves a queue round trip per receive.
/// </summary>
internal sealed class OperationSource : IValueTaskSource<int>, IValueTaskSource
{
    private static readonly Action<object?> CompletedSentinel = static _ => throw new InvalidOperationException("The completion marker was invoked.");

    private Action<object?>? _continuation;
    private object? _state;
    private object? _scheduler;
    private ExecutionContext? _executionContext;
    private Exception? _error;
    private int _result;
    private short _version;
    private bool _started;
    private volatile bool _completed;

    /// <summary>Begins an operation.</summary>
    /// <exception cref="InvalidOperationException">The one before has not been awaited to its end.</exception>
    public void Start()
    {
        if (_started)
        {
            throw new InvalidOperationException("An operation of this direction is already pending on the wire.");
        }

        _started = true;
        _completed = false;
        _continuation = null;
        _error = null;
        _version++;
    }

    public ValueTask<int> AsValueTaskOfBytes() => new(this, _version);

    public ValueTask AsValueTask() => new(this, _version);

    public void Complete(int result)
    {
        _result = result;
        Signal();
    }

    public void Fail(Exception error)
    {
        _error = error;
        Signal();
    }

    public ValueTaskSourceStatus GetStatus(short token)
    {
        CheckVersion(token);
        if (!_completed)
        {
            return ValueTaskSourceStatus.Pending;
        }

        return _error is null ? ValueTaskSourceStatus.Succeeded : ValueTaskSourceStatus.Faulted;
    }

    public int GetResult(short token)
    {
        CheckVersion(token);
        if (!_completed)
        {
            throw new InvalidOperationException("The operation has not completed.");
        }

        var error = _error;
        _state = null;
        _scheduler = null;
        _executionContext = null;
        _error = null;
        _started = false;
        if (error is not null)
        {
            ExceptionDispatchInfo.Throw(error);
        }

        return _result;
    }

    void IValueTaskSource.GetResult(short token) => GetResult(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
    {
        CheckVersion(token);
        if ((flags & ValueTaskSourceOnCompletedFlags.FlowExecutionContext) != 0)
        {
            _executionContext = ExecutionContext.Capture();
        }

        if ((flags & ValueTaskSourceOnCompletedFlags.UseSchedulingContext) != 0)
        {
            _scheduler = (object?)SynchronizationContext.Current ?? (TaskScheduler.Current == TaskScheduler.Default ? null : TaskScheduler.Current);
        }

        _state = state;
        var seen = Interlocked.CompareExchange(ref _continuation, continuation, null);
        if (seen is null)
        {
            return;
        }

        if (!ReferenceEquals(seen, CompletedSentinel))
        {
            throw new InvalidOperationException("A value task of a wire can be awaited once only.");
        }

        // It completed between the caller's status check and here: never run the continuation on the caller's stack.
        Schedule(continuation, state, inPlace: false);
    }

    private void Signal()
    {
        _completed = true;
        var continuation = _continuation ?? Interlocked.CompareExchange(ref _continuation, CompletedSentinel, null);
        if (continuation is not null)
        {
            Schedule(continuation, _state, inPlace: true);
        }
    }

    private void Schedule(Action<object?> continuation, object? state, bool inPlace)
    {
        if (_executionContext is { } flowed)
        {
            (continuation, state) = (Flowed.Run, new Flowed(flowed, continuation, state));
        }

        switch (_scheduler)
        {
            case SessionContext session when inPlace:
                session.Dispatch(continuation, state);
                break;
            case SynchronizationContext context:
                context.Post(new SendOrPostCallback(continuation), state);
                break;
            case TaskScheduler scheduler:
                Task.Factory.StartNew(continuation, state, CancellationToken.None, TaskCreationOptions.DenyChildAttach, scheduler);
                break;
            case null when inPlace:
                continuation(state);
                break;
            default:
                ThreadPool.UnsafeQueueUserWorkItem(continuation, state, preferLocal: true);
                break;
        }
    }

    private void CheckVersion(short token)
    {
        if (token != _version)
        {
            throw new InvalidOperationException("A value task of a wire was used after its operation ended.");
        }
    }

    private sealed record Flowed(ExecutionContext Context, Action<object?> Continuation, object? State)
    {
        public static readonly Action<object?> Run = static state =>
        {
            var flowed = (Flowed)state!;
            ExecutionContext.Run(flowed.Context, static inner => ((Flowed)inner!).Continuation(((Flowed)inner).State), flowed);
        };
    }
}
