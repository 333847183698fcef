using System.Text;
using Sallyport.Gateway.Approvals;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Recording;

namespace Sallyport.Gateway.Sessions;

/// <summary>
/// Where operators shut somebody out, and let them in again: at once for every token there is, over restarts, recorded with the person who did it.
/// Thread-safe.
/// </summary>
/// <param name="tokens">Asked by every sign-in.</param>
/// <param name="store">Keeps it.</param>
/// <param name="recorder">Records it.</param>
/// <param name="sessions">Whose sessions end.</param>
/// <param name="approvals">Whose pending requests are closed.</param>
/// <param name="commitments">Commits to what operators write, which is not recorded itself.</param>
/// <param name="time">The clock.</param>
public sealed class PrincipalDesk(
    TokenRevocations tokens,
    IPrincipalStore store,
    Recorder recorder,
    SessionRegistry sessions,
    ApprovalDesk approvals,
    CommandIdentity commitments,
    TimeProvider time) : IDisposable
{
    /// <summary>Most principals that can be shut out at a time.</summary>
    public const int MaxDisabled = 10_000;

    private readonly SemaphoreSlim _oneChangeAtATime = new(1, 1);
    private Dictionary<string, DisabledPrincipal> _disabled = new(StringComparer.Ordinal);

    /// <summary>Told of somebody who is shut out and of who did it, so that what else waits for them is closed; set before the first call.</summary>
    public Func<string, Principal, Task>? Disabling { get; set; }

    /// <summary>Reads at the start who is shut out.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        _disabled = (await store.LoadAsync(cancellationToken)).ToDictionary(static principal => principal.Id, StringComparer.Ordinal);
        tokens.SetDisabled(_disabled.Keys);
    }

    /// <summary>Everybody who is shut out now.</summary>
    public async Task<IReadOnlyList<DisabledPrincipal>> ListAsync(CancellationToken cancellationToken) => await store.LoadAsync(cancellationToken);

    /// <summary>Shuts a principal out, and with a human the agents that act for them: ends their sessions, closes what they wait for, and refuses every token.</summary>
    /// <param name="id">The principal's opaque id.</param>
    /// <param name="by">The operator.</param>
    /// <param name="reason">Why; kept in the store only.</param>
    /// <returns>How many sessions it ended, or null when as many are shut out as can be.</returns>
    public async Task<int?> DisableAsync(string id, Principal by, string reason)
    {
        await _oneChangeAtATime.WaitAsync();
        try
        {
            if (_disabled.Count >= MaxDisabled && !_disabled.ContainsKey(id))
            {
                return null;
            }

            var entry = new DisabledPrincipal(id, time.GetUtcNow(), by.Name, reason);
            _disabled[id] = entry;

            // In force first: whatever fails after this, no token opens anything any more.
            tokens.SetDisabled(_disabled.Keys);
            await store.AddAsync(entry, CancellationToken.None);
            var meant = sessions.Live.Where(session => tokens.IsDisabled(session.Principal)).ToHashSet();
            await recorder.PrincipalSwitchedAsync(id, isDisabled: true, by, meant.Count, Commitment(id, by, reason));
            sessions.EndWhere(session => tokens.IsDisabled(session.Principal), SessionEnd.PrincipalDisabled(by.Name));
            await approvals.CloseWhereAsync(approval => approval.Requester.IsOrActsFor(id), CancellationToken.None);
            if (Disabling is { } also)
            {
                await also(id, by);
            }

            return meant.Count;
        }
        finally
        {
            _oneChangeAtATime.Release();
        }
    }

    /// <summary>Lets a principal in again.</summary>
    /// <returns>False when nobody of this id was shut out.</returns>
    public async Task<bool> EnableAsync(string id, Principal by, string reason)
    {
        await _oneChangeAtATime.WaitAsync();
        try
        {
            if (!_disabled.ContainsKey(id))
            {
                return false;
            }

            // Recorded first: nobody is let in without a record.
            await recorder.PrincipalSwitchedAsync(id, isDisabled: false, by, sessions: 0, Commitment(id, by, reason));
            await store.RemoveAsync(id, CancellationToken.None);
            _disabled.Remove(id);
            tokens.SetDisabled(_disabled.Keys);
            return true;
        }
        finally
        {
            _oneChangeAtATime.Release();
        }
    }

    /// <summary>Records that an operator ends a session; the end itself follows.</summary>
    public ValueTask RecordKillAsync(string sessionId, Principal by, string reason) => recorder.SessionKilledAsync(sessionId, by, Commitment(sessionId, by, reason));

    public void Dispose() => _oneChangeAtATime.Dispose();

    private byte[] Commitment(string about, Principal by, string text) => [.. commitments.Commit(Encoding.UTF8.GetBytes($"{about}/{by.Id}"), Encoding.UTF8.GetBytes(text))];
}
