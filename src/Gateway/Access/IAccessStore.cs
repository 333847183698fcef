using Sallyport.Gateway.Approvals;

namespace Sallyport.Gateway.Access;

/// <summary>Keeps requests and grants over a restart. Every method is durable when it returns, and one transaction.</summary>
public interface IAccessStore
{
    ValueTask AddRequestAsync(AccessRequest request, CancellationToken cancellationToken);

    ValueTask<AccessRequest?> FindRequestAsync(string id, CancellationToken cancellationToken);

    /// <summary>Newest first.</summary>
    ValueTask<IReadOnlyList<AccessRequest>> ListRequestsAsync(AccessRequestFilter filter, CancellationToken cancellationToken);

    /// <summary>How many are pending: of one requester, and of all.</summary>
    ValueTask<(int OfRequester, int Total)> CountPendingAsync(string requesterId, CancellationToken cancellationToken);

    /// <summary>Adds one decision, and with it what follows: another state, and the grant that is new or lasts longer.</summary>
    /// <param name="decided">The request as it will stand, with all its decisions.</param>
    /// <param name="decision">The newest of them.</param>
    /// <param name="grant">The grant as it will stand, or null.</param>
    /// <param name="cancellationToken">Gives up before anything is written.</param>
    /// <returns>False, and nothing written, when the request is not pending any more or has other decisions than those before.</returns>
    ValueTask<bool> TryDecideAsync(AccessRequest decided, AccessDecision decision, AccessGrant? grant, CancellationToken cancellationToken);

    /// <summary>Closes a pending request without anybody's decision.</summary>
    /// <returns>Whether this call closed it.</returns>
    ValueTask<bool> TryCloseAsync(AccessRequest closed, AccessGrant? grant, CancellationToken cancellationToken);

    /// <summary>The pending ones whose time has passed, oldest first.</summary>
    ValueTask<IReadOnlyList<AccessRequest>> OverdueAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken);

    ValueTask AddGrantAsync(AccessGrant grant, CancellationToken cancellationToken);

    ValueTask<AccessGrant?> FindGrantAsync(string id, CancellationToken cancellationToken);

    /// <summary>Newest first.</summary>
    ValueTask<IReadOnlyList<AccessGrant>> ListGrantsAsync(AccessGrantFilter filter, CancellationToken cancellationToken);

    /// <summary>Those that have not ended, and those whose end has no record yet.</summary>
    ValueTask<IReadOnlyList<AccessGrant>> UnfinishedGrantsAsync(CancellationToken cancellationToken);

    /// <summary>Ends a grant that has not ended; its end has no record yet.</summary>
    /// <returns>Whether this call ended it.</returns>
    ValueTask<bool> TryEndAsync(AccessGrant ended, CancellationToken cancellationToken);

    /// <summary>Notes that the end of a grant is in the ledger.</summary>
    ValueTask EndRecordedAsync(string grantId, CancellationToken cancellationToken);

    /// <summary>Notes a review of an emergency that nobody has reviewed.</summary>
    /// <returns>Whether this call was the first.</returns>
    ValueTask<bool> TryReviewAsync(AccessGrant reviewed, CancellationToken cancellationToken);

    /// <summary>Emergencies nobody has reviewed: all, and those overdue.</summary>
    ValueTask<(int Open, int Overdue)> CountReviewsAsync(DateTimeOffset now, CancellationToken cancellationToken);
}

/// <summary>What a list of requests shows.</summary>
/// <param name="State">Only this state, or all.</param>
/// <param name="Viewer">Only what this principal asked for, or all.</param>
/// <param name="Limit">Most entries returned.</param>
public sealed record AccessRequestFilter(AccessRequestState? State, ApprovalViewer? Viewer, int Limit);

/// <summary>What a list of grants shows.</summary>
/// <param name="Active">Only those that have not ended, only those that have, or all.</param>
/// <param name="Viewer">Only this principal's, or all.</param>
/// <param name="Limit">Most entries returned.</param>
public sealed record AccessGrantFilter(bool? Active, ApprovalViewer? Viewer, int Limit);
