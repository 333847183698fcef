using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Recording;

namespace Sallyport.Server.Storage;

/// <summary>One session as the index keeps it.</summary>
internal sealed record SessionEntry
{
    /// <summary>Position in the index; later sessions have higher ones. 0 before it is stored.</summary>
    public long Sequence { get; init; }

    public required string Id { get; init; }

    public required string Target { get; init; }

    public required PrincipalKind Kind { get; init; }

    public required string PrincipalId { get; init; }

    /// <summary>The name shown to people.</summary>
    public required string Principal { get; init; }

    public required string Issuer { get; init; }

    public required string Subject { get; init; }

    public string OnBehalfOf { get; init; } = "";

    public string RunId { get; init; } = "";

    public required string Client { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    public string EndReason { get; init; } = "";

    /// <summary>What an operator wrote who ended it, or empty.</summary>
    public string EndNote { get; init; } = "";

    public SessionTotals Totals { get; init; }
}

/// <summary>Whose sessions a list shows: those of one agent, or those of a human and of the agents that act for that human.</summary>
internal sealed record SessionViewer(string? PrincipalId, string? Issuer, string? Subject)
{
    public static SessionViewer Of(Principal principal) => principal.Kind == PrincipalKind.Agent
        ? new(principal.Id, Issuer: null, Subject: null)
        : new(PrincipalId: null, principal.Issuer, principal.Subject);

    public bool Sees(SessionEntry session) => PrincipalId is null
        ? session.Issuer == Issuer && session.Subject == Subject
        : session.PrincipalId == PrincipalId;
}

/// <summary>What a list of sessions shows, newest first.</summary>
/// <param name="Live">Only those that are live, only those that are over, or all.</param>
/// <param name="Viewer">Only what this principal is part of, or all.</param>
/// <param name="Before">Only sessions before this position, or all.</param>
/// <param name="Limit">Most entries.</param>
internal sealed record SessionFilter(bool? Live, SessionViewer? Viewer, long? Before, int Limit);
