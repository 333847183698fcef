using Sallyport.Api;
using Sallyport.Cli.Output;

namespace Sallyport.Cli.Commands;

/// <summary>Requests for access and grants as text.</summary>
internal static class AccessText
{
    private static readonly string[] RequestHeadings = ["REQUEST", "STATE", "REQUESTED BY", "TARGET", "ACCESS", "FOR", "RULE", "AGREED", "EXPIRES"];
    private static readonly string[] GrantHeadings = ["GRANT", "ORIGIN", "HOLDER", "TARGET", "ACCESS", "UNTIL", "STATE", "REVIEW"];

    public static void WriteTable(Report report, IReadOnlyList<AccessRequestResource> requests) => report.Table(RequestHeadings, requests.Select(request => new[]
    {
        request.Id,
        Words.Of(request.State),
        By(request),
        request.Target,
        Scope(request.Scope),
        Term(request),
        request.Rule,
        request.Quorum == 0 ? "by rule" : $"{request.Decisions.Count(static decision => decision.Answer == "approve")} of {request.Quorum}",
        Times.Text(request.ExpiresAt),
    }));

    public static void WriteTable(Report report, IReadOnlyList<AccessGrantResource> grants) => report.Table(GrantHeadings, grants.Select(grant => new[]
    {
        grant.Id,
        grant.Origin,
        grant.Holder,
        grant.Target,
        Scope(grant.Scope),
        Times.Text(grant.Until),
        State(grant),
        Review(grant.Review),
    }));

    public static void WriteWhole(Report report, AccessRequestResource request)
    {
        report.Fields(
            ("id", request.Id),
            ("state", Words.Of(request.State)),
            ("requested by", By(request)),
            ("kind", Words.Of(request.Kind)),
            ("run", request.ThisRunOnly ? $"{request.Run} (for this run only)" : request.Run),
            ("target", request.Target),
            ("access", Scope(request.Scope)),
            ("shown unmasked", string.Join(", ", request.Scope.Unmasked)),
            ("left out", string.Join(", ", request.Scope.Never)),
            ("for", Term(request)),
            ("extends", request.Extends),
            ("reason", request.Reason),
            ("rule", request.Rule),
            ("decided by", Deciders(request)),
            ("requested at", Times.Text(request.RequestedAt)),
            ("expires at", Times.Text(request.ExpiresAt)),
            ("grant", request.Grant));
        foreach (var decision in request.Decisions)
        {
            report.Line($"{decision.By}: {decision.Answer} at {Times.Text(decision.At)}{(decision.Reason.Length > 0 ? $": {decision.Reason}" : "")}");
        }
    }

    public static void WriteWhole(Report report, AccessGrantResource grant) => report.Fields(
        ("id", grant.Id),
        ("origin", grant.Origin),
        ("state", State(grant)),
        ("holder", grant.Holder),
        ("run", grant.Run),
        ("target", grant.Target),
        ("access", Scope(grant.Scope)),
        ("shown unmasked", string.Join(", ", grant.Scope.Unmasked)),
        ("left out", string.Join(", ", grant.Scope.Never)),
        ("from", Times.Text(grant.From)),
        ("until", Times.Text(grant.Until)),
        ("reason", grant.Reason),
        ("rule", grant.Rule),
        ("given by", grant.GivenBy),
        ("request", grant.Request),
        ("ended at", Times.Text(grant.EndedAt)),
        ("ended because", grant.EndReason),
        ("review", Review(grant.Review)),
        ("found", grant.Review?.Note));

    /// <summary>One line: what became of the request.</summary>
    public static string Sentence(AccessRequestResource request) => request.State switch
    {
        AccessRequestState.Pending => $"{request.Id} is pending: {request.Missing} more of {string.Join(" and of ", request.Approvers.Select(static groups => string.Join(" or ", groups)))} {(request.Missing == 1 ? "has" : "have")} to agree: sallyport access approve {request.Id}",
        AccessRequestState.Granted => $"{request.Id} granted: {request.Grant}",
        AccessRequestState.Denied => $"{request.Id} denied{Why(request)}",
        _ => $"{request.Id} expired undecided",
    };

    public static int ExitCodeOf(AccessRequestResource request) => request.State switch
    {
        AccessRequestState.Granted => ExitCode.Done,
        AccessRequestState.Pending => ExitCode.StillPending,
        _ => ExitCode.No,
    };

    private static string Why(AccessRequestResource request) =>
        request.Decisions.LastOrDefault(static decision => decision.Answer == "deny") is { } denial ? $" by {denial.By}: {denial.Reason}" : "";

    private static string By(AccessRequestResource request) => request.OnBehalfOf.Length > 0 ? $"{request.RequestedBy} for {request.OnBehalfOf}" : request.RequestedBy;

    private static string Deciders(AccessRequestResource request) => request.Quorum == 0
        ? "the rule itself"
        : $"{request.Quorum} of {string.Join(" and of ", request.Approvers.Select(static groups => string.Join(" or ", groups)))}";

    private static string Term(AccessRequestResource request) =>
        (request.From is { } from ? $"from {Times.Text(from)} " : "")
        + (request.Until is { } until ? $"until {Times.Text(until)}" : TimeSpan.FromSeconds(request.Seconds ?? 0) is var length ? Length(length) : "");

    private static string Length(TimeSpan length) =>
        (length.TotalHours >= 1 ? $"{(int)length.TotalHours}h" : "") + (length.Minutes > 0 ? $"{length.Minutes}m" : "") + (length.Seconds > 0 ? $"{length.Seconds}s" : "");

    private static string Scope(AccessScopeResource scope)
    {
        var places = scope.Schemas.Concat(scope.Tables).ToList();
        return $"{string.Join(",", scope.Allow)} of {(places.Count == 0 ? "everything" : string.Join(", ", places))}";
    }

    private static string State(AccessGrantResource grant) => grant.Active ? "active" : grant.EndReason ?? "over";

    private static string Review(AccessReviewResource? review) => review switch
    {
        null => "",
        { By: { } by } => $"reviewed by {by} at {Times.Text(review.At)}",
        { Overdue: true } => $"OVERDUE since {Times.Text(review.DueAt)}",
        _ => $"open, due {Times.Text(review.DueAt)}",
    };
}
