using System.Globalization;
using Sallyport.Api;
using Sallyport.Cli.Output;

namespace Sallyport.Cli.Commands;

/// <summary>Approval requests as text.</summary>
internal static class ApprovalText
{
    private static readonly string[] Headings = ["ID", "STATE", "REQUESTED BY", "TARGET", "CLASS", "EFFECTS", "RULE", "REQUESTED", "EXPIRES"];

    private static readonly string[] EarlierHeadings = ["TIME", "VERDICT", "RULE", "CLASS", "EFFECTS", "RELATIONS", "PHI COLUMNS"];

    public static void WriteTable(Report report, IReadOnlyList<ApprovalResource> approvals) => report.Table(Headings, approvals.Select(approval => new[]
    {
        approval.Id,
        Words.Of(approval.State),
        By(approval),
        approval.Target,
        approval.Class,
        string.Join(",", approval.Effects),
        approval.Rule,
        Times.Text(approval.RequestedAt),
        Times.Text(approval.ExpiresAt),
    }));

    public static void WriteWhole(Report report, ApprovalResource approval)
    {
        report.Fields(
            ("id", approval.Id),
            ("state", Words.Of(approval.State)),
            ("requested by", By(approval)),
            ("kind", Words.Of(approval.Kind)),
            ("run", approval.Run),
            ("session", approval.Session),
            ("target", approval.Target),
            ("rule", approval.Rule),
            ("class", approval.Class),
            ("effects", string.Join(", ", approval.Effects)),
            ("relations", string.Join(", ", approval.Relations.Select(Relation))),
            ("PHI columns", string.Join(", ", approval.PhiColumns)),
            ("reads in clear", string.Join(", ", approval.Unmasked.Select(static shown => $"{shown.Column} (grant {shown.Grant})"))),
            ("estimated rows", Estimate(approval)),
            ("dry run", DryRun(approval)),
            ("requested at", Times.Text(approval.RequestedAt)),
            ("expires at", Times.Text(approval.ExpiresAt)),
            ("decided by", approval.DecidedBy),
            ("decided at", Times.Text(approval.DecidedAt)),
            ("reason", approval.Reason),
            ("may be approved for", Choices(approval)),
            ("approved for", Reach(approval)),
            ("reworded from", Rewording(approval.RewordedFrom)),
            ("resembles denied", string.Join(", ", approval.DeniedBefore)),
            ("page", approval.Url));
        report.Line(approval.Statement is null ? "template (literals removed; the exact statement is shown only while it is held, and only to those who may decide):" : "statement:");
        report.Block(approval.Statement ?? approval.Template);
        if (approval.Earlier.Count > 0)
        {
            report.Line("before it in this run, newest first:");
            report.Table(EarlierHeadings, approval.Earlier.Select(Earlier));
        }
    }

    private static string[] Earlier(EarlierCommandResource earlier) =>
    [
        Times.Text(earlier.At), earlier.Verdict, earlier.Rule, earlier.Class, string.Join(",", earlier.Effects),
        string.Join(", ", earlier.Relations.Select(Relation)), string.Join(", ", earlier.PhiColumns),
    ];

    /// <summary>One line: what became of the request.</summary>
    public static string Sentence(ApprovalResource approval)
    {
        if (approval.EndReason == "revoked")
        {
            return $"{approval.Id} stands no longer: revoked";
        }
        var reach = approval is { StandsUntil: { } until, EndReason: null } ? $" until {Times.Text(until)}" : "";
        var by = approval.DecidedBy is null ? "" : $" by {approval.DecidedBy}";
        var reason = string.IsNullOrEmpty(approval.Reason) ? "" : $": {approval.Reason}";
        return approval.State switch
        {
            ApprovalState.Pending => $"{approval.Id} is still pending: {approval.Url}",
            ApprovalState.Approved => $"{approval.Id} approved{by}{reach}{reason}",
            ApprovalState.Used => $"{approval.Id} approved{by} and executed{reason}",
            ApprovalState.Denied => $"{approval.Id} denied{by}{reason}",
            _ => $"{approval.Id} expired",
        };
    }

    /// <summary>What was refused before and is tried again here; empty for nothing.</summary>
    private static string Rewording(RewordingResource? rewording)
    {
        if (rewording is null)
        {
            return "";
        }

        var what = rewording.Approval is { } approval ? $"{approval}, denied by a person" : string.Create(CultureInfo.InvariantCulture, $"a command refused by policy (record {rewording.Record})");
        return $"{what} (rule {rewording.Rule}, {Times.Text(rewording.At)}): {(rewording.SameTemplate ? "the same statement, perhaps with other constants" : "the text was changed")}";
    }

    /// <summary>The planner's guess, or why there is none; empty for who may not decide.</summary>
    private static string Estimate(ApprovalResource approval) => approval switch
    {
        { EstimatedRows: { } rows } => string.Create(CultureInfo.InvariantCulture, $"about {rows:N0} ({approval.EstimatedBy})"),
        { NoEstimate: { } why } => $"no estimate: {why}",
        _ => "",
    };

    /// <summary>What the command did when it was run and rolled back, or why it was not; empty where the rule does not want it.</summary>
    private static string DryRun(ApprovalResource approval) => approval switch
    {
        { DryRunRows: { } rows } => string.Create(CultureInfo.InvariantCulture, $"{rows:N0} rows, rolled back"),
        { NoDryRun: { } why } => $"none: {why}",
        _ => "",
    };

    /// <summary>How far a reviewer may approve; empty once it is decided.</summary>
    private static string Choices(ApprovalResource approval)
    {
        if (approval.State != ApprovalState.Pending)
        {
            return "";
        }
        var plan = approval.WidenPlanSeconds > 0 ? $", this plan up to {Times.Length(approval.WidenPlanSeconds)}" : "";
        var run = approval.WidenRunSeconds > 0 ? $", this class in this run up to {Times.Length(approval.WidenRunSeconds)}" : "";
        return $"this command once{plan}{run}";
    }

    /// <summary>What an approval of more than one command stands for; empty for any other.</summary>
    private static string Reach(ApprovalResource approval)
    {
        if (approval.StandsUntil is not { } until)
        {
            return "";
        }
        var what = approval.Scope == ApprovalScope.Plan ? "this plan" : "this class in this run";
        var end = approval.EndReason is { } reason ? $"ended: {reason}" : $"used {approval.Uses ?? 0} times";
        return $"{what} until {Times.Text(until)} ({end})";
    }

    private static string By(ApprovalResource approval) =>
        approval.OnBehalfOf.Length > 0 ? $"{approval.RequestedBy} for {approval.OnBehalfOf}" : approval.RequestedBy;

    public static string Relation(RelationResource relation) =>
        $"{(relation.Schema.Length > 0 ? relation.Schema + "." : "")}{relation.Name} ({relation.Access})";
}
