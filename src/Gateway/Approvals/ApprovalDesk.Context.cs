namespace Sallyport.Gateway.Approvals;

/// <summary>What a reviewer has to know of the run that a request comes from.</summary>
public sealed partial class ApprovalDesk
{
    /// <summary>Earlier requests of the same run that a human denied and that touch some of the same: this one may be a reworded form of them. Newest first.</summary>
    public async ValueTask<IReadOnlyList<Approval>> DeniedBeforeAsync(Approval approval, CancellationToken cancellationToken)
    {
        var denied = await store.ListAsync(new ApprovalFilter(ApprovalState.Denied, Viewer: null, options.MaxDeniedLookedAt), cancellationToken);
        return [.. denied.Where(earlier =>
            earlier.Id != approval.Id
            && earlier.Requester.Id == approval.Requester.Id
            && earlier.Requester.RunId == approval.Requester.RunId
            && earlier.Target == approval.Target
            && earlier.Relations.Any(use => approval.Relations.Any(own => own.Schema == use.Schema && own.Name == use.Name)))];
    }

    /// <summary>
    /// The newest command that was refused to the run, by policy or by a human, and that this one does again in these or other words; null where there is
    /// none. Policy's refusals are remembered since the gateway's start, <see cref="RunHistory.MaxRefusals"/> of each run; the text of a statement never.
    /// </summary>
    /// <param name="approval">The request.</param>
    /// <param name="deniedBefore">What <see cref="DeniedBeforeAsync"/> found for it.</param>
    public Rewording? RewordedFrom(Approval approval, IReadOnlyList<Approval> deniedBefore)
    {
        var shape = CommandShape.Of(approval);
        var denied = deniedBefore
            .Where(earlier => earlier.RequestedAt < approval.RequestedAt && Rewording.Covers(shape, CommandShape.Of(earlier)))
            .Select(earlier => new Rewording(earlier.Id, Record: null, earlier.Rule, earlier.RequestedAt, earlier.Template == approval.Template));
        var refused = Histories.RefusedBefore(approval)
            .Where(earlier => earlier.Command.Target == approval.Target && Rewording.Covers(shape, CommandShape.Of(earlier.Command)))
            .Select(earlier => new Rewording("", earlier.Record, earlier.Rule, earlier.At, earlier.Command.Template == approval.Template));
        return denied.Concat(refused).MaxBy(static rewording => rewording.At);
    }
}
