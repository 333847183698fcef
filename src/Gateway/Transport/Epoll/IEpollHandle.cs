namespace Sallyport.Gateway.Transport.Epoll;

/// <summary>A descriptor that a loop watches. All members run on the loop's thread.</summary>
internal interface IEpollHandle
{
    /// <summary>Takes what epoll reports; flags are those of <see cref="Native.EpollEvents"/>.</summary>
    void OnEvents(uint events);

    /// <summary>Closes the descriptor; called once, when the loop stops.</summary>
    void OnLoopStopping();
}
