using Sallyport.Gateway.Identity;

namespace Sallyport.Gateway.Approvals;

/// <summary>Keeps approvals over a restart. Every method is durable when it returns; every change of state is one atomic step.</summary>
public interface IApprovalStore
{
    ValueTask AddAsync(Approval approval, CancellationToken cancellationToken);

    ValueTask<Approval?> FindAsync(string id, CancellationToken cancellationToken);

    /// <summary>Newest first, at most <see cref="ApprovalFilter.Limit"/>.</summary>
    ValueTask<IReadOnlyList<Approval>> ListAsync(ApprovalFilter filter, CancellationToken cancellationToken);

    /// <summary>The pending and approved ones of one requester, run and target.</summary>
    ValueTask<IReadOnlyList<Approval>> OpenForAsync(string requesterId, string runId, string target, CancellationToken cancellationToken);

    /// <summary>How many are pending: of one requester, and of all.</summary>
    ValueTask<(int OfRequester, int Total)> CountPendingAsync(string requesterId, CancellationToken cancellationToken);

    /// <summary>Moves a pending approval that has not expired to approved or denied.</summary>
    /// <returns>Whether this call moved it.</returns>
    ValueTask<bool> TryDecideAsync(Approval decided, CancellationToken cancellationToken);

    /// <summary>Moves an approved one that has not expired to used.</summary>
    /// <returns>Whether this call moved it: true at most once in the life of an approval.</returns>
    ValueTask<bool> TryRedeemAsync(string id, string sessionId, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>The pending and approved ones whose time has passed, oldest first.</summary>
    ValueTask<IReadOnlyList<Approval>> OverdueAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken);

    /// <summary>Those of more than one command that have not been ended, also where their time is over, oldest first.</summary>
    ValueTask<IReadOnlyList<Approval>> StandingAsync(int limit, CancellationToken cancellationToken);

    /// <summary>Ends one that stands, and where its own command has not run yet, that too.</summary>
    ValueTask<bool> TryEndStandingAsync(Approval ended, CancellationToken cancellationToken);

    /// <summary>Moves a pending or approved one whose time has passed to expired.</summary>
    ValueTask<bool> TryExpireAsync(string id, DateTimeOffset now, CancellationToken cancellationToken);
}

/// <summary>What a list of approvals shows.</summary>
/// <param name="State">Only this state, or all.</param>
/// <param name="Viewer">Only what this principal is part of, or all.</param>
/// <param name="Limit">Most entries returned.</param>
public sealed record ApprovalFilter(ApprovalState? State, ApprovalViewer? Viewer, int Limit);

/// <summary>Somebody who sees only approvals of their own: an agent what it asked for itself, a human also what agents asked for on that human's behalf.</summary>
/// <param name="RequesterId">The agent, or null for a human.</param>
/// <param name="Issuer">The human's issuer, or null for an agent.</param>
/// <param name="Subject">The human's subject, or null for an agent.</param>
public sealed record ApprovalViewer(string? RequesterId, string? Issuer, string? Subject)
{
    public static ApprovalViewer Of(Principal principal) => principal.Kind == PrincipalKind.Agent
        ? new(principal.Id, Issuer: null, Subject: null)
        : new(RequesterId: null, principal.Issuer, principal.Subject);

    public bool Sees(Approval approval) => RequesterId is null
        ? approval.Requester.Issuer == Issuer && approval.Requester.Subject == Subject
        : approval.Requester.Id == RequesterId;
}
