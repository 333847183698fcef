using Sallyport.Api;
using Sallyport.Gateway.Approvals;
using Sallyport.Server.Access;
using ApprovalState = Sallyport.Gateway.Approvals.ApprovalState;

namespace Sallyport.Server.Endpoints;

/// <summary>How approvals look in the API.</summary>
internal static class ApprovalResources
{
    public static ApprovalResource Of(Approval approval, Caller caller, ApprovalDesk desk) =>
        desk.MayDecide(approval, caller.Principal) ? ForDecider(approval, desk) : ForAnyone(approval, desk);

    /// <summary>With what only those may see who decide: to the requester a number of rows would answer what the command asks before anybody agreed to it.</summary>
    private static ApprovalResource ForDecider(Approval approval, ApprovalDesk desk) => ForAnyone(approval, desk) with
    {
        Statement = TextOf(desk.StatementOf(approval.Id)),
        EstimatedRows = approval.Measure.EstimatedRows,
        EstimatedBy = NullIfEmpty(approval.Measure.EstimatedBy),
        NoEstimate = NullIfEmpty(approval.Measure.NoEstimate),
        DryRunRows = approval.Measure.DryRunRows,
        NoDryRun = NullIfEmpty(approval.Measure.NoDryRun),
    };

    private static ApprovalResource ForAnyone(Approval approval, ApprovalDesk desk) => new()
    {
        Id = approval.Id,
        State = Enum.Parse<Api.ApprovalState>(approval.State.ToString()),
        RequestedBy = approval.Requester.Name,
        Kind = MeEndpoints.KindOf(approval.Requester.Kind),
        OnBehalfOf = approval.Requester.OnBehalfOf,
        Run = approval.Requester.RunId,
        Target = approval.Target,
        Rule = approval.Rule,
        Class = approval.Class.ToString().ToLowerInvariant(),
        Effects = CommandResources.EffectsOf(approval.Effects, approval.Unbounded),
        Relations = [.. approval.Relations.Select(CommandResources.Of)],
        PhiColumns = approval.PhiColumns,
        Unmasked = [.. approval.Unmasked.Select(static shown => new UnmaskedColumnResource(shown.Column, shown.Grant))],
        Template = approval.Template,
        Session = approval.SessionId,
        RequestedAt = approval.RequestedAt,
        ExpiresAt = approval.ExpiresAt,
        DecidedBy = approval.DecidedByName.Length > 0 ? approval.DecidedByName : null,
        DecidedAt = approval.DecidedAt,
        Reason = approval.Reason.Length > 0 ? approval.Reason : null,
        WidenPlanSeconds = (int)approval.Widen.Plan.TotalSeconds,
        WidenRunSeconds = (int)approval.Widen.Run.TotalSeconds,
        Scope = Enum.Parse<Api.ApprovalScope>(approval.Scope.ToString()),
        StandsUntil = approval.StandsUntil,
        EndReason = approval.EndReason.Length > 0 ? approval.EndReason : null,
        Uses = desk.UsesOf(approval.Id),
        Url = desk.UrlOf(approval.Id).ToString(),
    };

    /// <summary>The same with what the run did before.</summary>
    public static async ValueTask<ApprovalResource> WithContextAsync(Approval approval, Caller caller, ApprovalDesk desk, CancellationToken cancellationToken)
    {
        var denied = await desk.DeniedBeforeAsync(approval, cancellationToken);
        return Of(approval, caller, desk) with
        {
            Earlier = [.. desk.Histories.Before(approval).Select(Earlier)],
            DeniedBefore = [.. denied.Select(static earlier => earlier.Id)],
            RewordedFrom = desk.RewordedFrom(approval, denied) is { } found
                ? new RewordingResource(found.Rule, found.At, found.SameTemplate, NullIfEmpty(found.ApprovalId), found.Record)
                : null,
        };
    }

    private static EarlierCommandResource Earlier(EarlierCommand earlier) => new(
        earlier.At,
        earlier.Verdict,
        earlier.Rule,
        earlier.Command.Class.ToString().ToLowerInvariant(),
        CommandResources.EffectsOf(earlier.Command.Effects, earlier.Command.Unbounded),
        [.. earlier.Command.Relations.Select(CommandResources.Of)],
        earlier.Command.PhiColumns);

    public static string NameOf(ApprovalState state) => state.ToString().ToLowerInvariant();

    /// <summary>Reads a state's name; no name means every state.</summary>
    public static bool TryReadState(string? name, out ApprovalState? state)
    {
        state = Enum.GetValues<ApprovalState>().Cast<ApprovalState?>().FirstOrDefault(known => NameOf(known!.Value) == name);
        return state is not null || name is null;
    }

    private static string? NullIfEmpty(string text) => text.Length > 0 ? text : null;

    private static string? TextOf(ShownStatement? shown)
    {
        if (shown is null)
        {
            return null;
        }
        var parameters = shown.Parameters.Select((value, index) => $"\n-- ${index + 1} = {value}");
        return shown.Text + string.Concat(parameters) + (shown.Cut ? "\n-- CUT: the command is longer than what is shown here" : "");
    }
}
