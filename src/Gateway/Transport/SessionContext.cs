namespace Sallyport.Gateway.Transport;

/// <summary>
/// The context of one or more sessions: runs callbacks one at a time, in order, and never on two threads together.
/// </summary>
internal abstract class SessionContext : SynchronizationContext
{
    /// <summary>Runs the callback on the calling thread when this context is free to do so there, else queues it.</summary>
    /// <remarks>Only for callers with a shallow stack that hold no lock: the event source that completes an operation.</remarks>
    public abstract void Dispatch(Action<object?> callback, object? state);

    public override SynchronizationContext CreateCopy() => this;

    /// <summary>Blocking a session's thread on another session's work could wait for itself, so it is refused.</summary>
    public override void Send(SendOrPostCallback d, object? state)
    {
        if (Current != this)
        {
            throw new NotSupportedException("A session's context cannot be entered synchronously; post to it.");
        }

        d(state);
    }
}

/// <summary>A queued callback: an awaiter's continuation or a posted delegate.</summary>
internal readonly struct QueuedCallback(Delegate callback, object? state)
{
    public void Invoke()
    {
        if (callback is SendOrPostCallback posted)
        {
            posted(state);
        }
        else
        {
            ((Action<object?>)callback)(state);
        }
    }
}
