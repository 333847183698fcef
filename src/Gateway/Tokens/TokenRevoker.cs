using System.Text;
using Sallyport.Gateway.Approvals;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Recording;
using Sallyport.Gateway.Sessions;

namespace Sallyport.Gateway.Tokens;

/// <summary>Ends tokens before their time: one, all of a run, or all a principal has. Live sessions end with them. Thread-safe.</summary>
public sealed class TokenRevoker(
    TokenRevocations revocations, ITokenStore store, Recorder recorder, SessionRegistry sessions, CommandIdentity commitments, TimeProvider time)
{
    /// <summary>How long the id of a revoked run is kept out: other issuers' tokens may carry it too.</summary>
    public static readonly TimeSpan RunMemory = TimeSpan.FromDays(30);

    /// <summary>Told of a run that has ended and of who ended it, so that what else belongs to it ends too; filled before the first call.</summary>
    public IList<Func<string, Principal, Task>> RunEnding { get; } = [];

    /// <summary>Reads at the start what was revoked before.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        sessions.IsRevoked = revocations.IsRevoked;
        var now = time.GetUtcNow();
        revocations.Add(await store.LoadRevocationsAsync(now, cancellationToken), now);
    }

    /// <summary>Revokes one token.</summary>
    /// <param name="token">Whose it is.</param>
    /// <param name="by">Who wants it.</param>
    /// <returns>How many sessions it ended.</returns>
    public Task<int> RevokeTokenAsync(Principal token, Principal by) =>
        RevokeAsync(RevocationKind.Token, token.TokenId, token.ExpiresAt + TokenOptions.MaxLifetime, by, SessionEnd.TokenRevoked);

    /// <summary>Revokes a token by its id in the ledger.</summary>
    public Task<int> RevokeTokenAsync(string tokenId, Principal by) =>
        RevokeAsync(RevocationKind.Token, tokenId, time.GetUtcNow() + RunMemory, by, SessionEnd.TokenRevoked);

    /// <summary>Revokes every token a principal has now, and those of agents that act for it; tokens of later count again.</summary>
    public Task<int> RevokePrincipalAsync(string principalId, Principal by) =>
        RevokeAsync(RevocationKind.Principal, principalId, DateTimeOffset.MaxValue, by, SessionEnd.TokenRevoked);

    /// <summary>Ends a run: its tokens, and any renewal.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="by">Who wants it.</param>
    /// <param name="reason">Why, where an operator ends what is somebody else's; its clients are told, and the ledger holds a commitment to it. Else empty.</param>
    public async Task<int> RevokeRunAsync(string runId, Principal by, string reason = "")
    {
        await store.EndRunAsync(runId, time.GetUtcNow(), CancellationToken.None);
        var end = reason.Length > 0 ? SessionEnd.RunKilled(by.Name).Because(reason) : SessionEnd.RunEnded;
        var ended = await RevokeAsync(RevocationKind.Run, runId, time.GetUtcNow() + RunMemory, by, end, reason);
        foreach (var also in RunEnding)
        {
            await also(runId, by);
        }
        return ended;
    }

    private async Task<int> RevokeAsync(RevocationKind kind, string value, DateTimeOffset until, Principal by, SessionEnd end, string reason = "")
    {
        var now = time.GetUtcNow();
        var revocation = new TokenRevocation(kind, value, now, until) { Note = reason };
        // In force first: whatever fails after this, the token opens nothing any more.
        revocations.Add([revocation], now);
        await store.AddRevocationAsync(revocation, CancellationToken.None);
        var concerned = sessions.Live.Count(session => revocations.IsRevoked(session.Principal));
        await recorder.TokenRevokedAsync(kind, value, by.Id, concerned, Commitment(value, by, reason));
        return sessions.EndWhere(session => revocations.IsRevoked(session.Principal), end).Count;
    }

    private byte[] Commitment(string about, Principal by, string text) =>
        text.Length == 0 ? [] : [.. commitments.Commit(Encoding.UTF8.GetBytes($"{about}/{by.Id}"), Encoding.UTF8.GetBytes(text))];
}
