using Sallyport.Gateway.Protocols.Postgres.Target;
using Sallyport.Gateway.Recording;

namespace Sallyport.Gateway.Protocols.Postgres.Roles;

/// <summary>The role of one session, from its making to its end.</summary>
internal sealed class SessionRole(RoleKeeper keeper, TemporaryLogin login, SessionRecorder recorder)
{
    /// <summary>How long the end of a session waits for the end of its role; after that it is taken away, and recorded, by itself.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public TemporaryLogin Login => login;

    /// <summary>Takes the role away. The session's connection must be closed or about to be; what still runs on it is ended.</summary>
    public async Task RevokeAsync(TimeProvider time)
    {
        try
        {
            await keeper.RevokeAsync(login.Name, recorder, "session-end").WaitAsync(Patience, time);
        }
        catch (TimeoutException)
        {
            // It goes on by itself.
        }
    }
}
