namespace Sallyport.Gateway.Sessions;

/// <summary>Keeps track of sessions outside the data plane. Called on session contexts: an implementation must not wait and not throw.</summary>
public interface ISessionObserver
{
    void Started(Session session);

    /// <summary>The session's end is recorded, and its totals are final.</summary>
    void Ended(Session session);
}
