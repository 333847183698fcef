namespace Sallyport.Gateway.Transport.Epoll;

/// <summary>The context of all sessions of one loop: their code runs on the loop's thread.</summary>
internal sealed class LoopContext(EpollLoop loop) : SessionContext
{
    public EpollLoop Loop { get; } = loop;

    public override void Post(SendOrPostCallback d, object? state) => Loop.Enqueue(new QueuedCallback(d, state));

    public override void Dispatch(Action<object?> callback, object? state)
    {
        if (Loop.IsCurrent)
        {
            callback(state);
        }
        else
        {
            Loop.Enqueue(new QueuedCallback(callback, state));
        }
    }
}
