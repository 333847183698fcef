using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Target;
using Sallyport.Gateway.Recording;
using Sallyport.Gateway.Targets;

namespace Sallyport.Gateway.Protocols.Postgres.Roles;

/// <summary>The role of one session, from its making to its end. Used on the session's context.</summary>
/// <param name="keeper">Made it.</param>
/// <param name="login">Its name and password.</param>
/// <param name="recorder">The session's record.</param>
/// <param name="scope">The role with the rights of its grants; null where it has none that way.</param>
/// <param name="seen">The policy its rights come from.</param>
internal sealed class SessionRole(RoleKeeper keeper, TemporaryLogin login, SessionRecorder recorder, string? scope, PolicySnapshot seen)
{
    /// <summary>How long the end of a session waits for the end of its role; after that it is taken away, and recorded, by itself.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private string? _scope = scope;
    private PolicySnapshot _seen = seen;

    public TemporaryLogin Login => login;

    /// <summary>Whether another policy, or other grants, came in force since the role got its rights.</summary>
    public bool IsBehind(PolicyEngine policy) => !ReferenceEquals(policy.Current, _seen);

    /// <summary>Gives the role the rights of the grants in force now, before a statement is judged by them.</summary>
    /// <exception cref="TargetUnavailableException">It cannot be done, so the session must not go on.</exception>
    public async ValueTask CatchUpAsync(PolicyEngine policy, Principal principal, DateTimeOffset now)
    {
        var current = policy.Current;
        _scope = await keeper.RescopeAsync(login.Name, recorder, _scope, [.. keeper.GrantsOf(current, principal, now)]);
        _seen = current;
    }

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
