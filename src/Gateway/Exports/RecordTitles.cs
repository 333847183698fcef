using Sallyport.Evidence.Records;

namespace Sallyport.Gateway.Exports;

/// <summary>What happened, for people who look at a list of events.</summary>
internal static class RecordTitles
{
    public static string Of(string kind) => kind switch
    {
        RecordKinds.GatewayStart => "Gateway started",
        RecordKinds.GatewayStop => "Gateway stopped",
        RecordKinds.PolicyActivate => "Policy in force",
        RecordKinds.PolicyRefused => "Changed policy refused",
        RecordKinds.GrantActive => "Grant of the policy in force",
        RecordKinds.AuthenticationAccepted => "Sign-in accepted",
        RecordKinds.AuthenticationFailed => "Sign-in refused",
        RecordKinds.SessionStart => "Session started",
        RecordKinds.SessionEnd => "Session ended",
        RecordKinds.Intent => "Statement admitted",
        RecordKinds.Outcome => "Statement finished",
        RecordKinds.OutcomeUnknown => "Statement's outcome unknown",
        RecordKinds.Deny => "Statement blocked",
        RecordKinds.Explain => "Statement explained",
        RecordKinds.InferenceAlarm => "Pattern of guesses",
        RecordKinds.BudgetReached => "Budget used up",
        RecordKinds.ApprovalRequest => "Approval asked for",
        RecordKinds.ApprovalRehearse => "Held write counted and rolled back",
        RecordKinds.ApprovalDecide => "Approval decided",
        RecordKinds.ApprovalExpire => "Approval expired",
        RecordKinds.ApprovalEnd => "Approval ended",
        RecordKinds.CredentialIssue => "Database role issued",
        RecordKinds.CredentialChange => "Database role changed",
        RecordKinds.CredentialRevoke => "Database role removed",
        RecordKinds.SessionKill => "Session ended by an operator",
        RecordKinds.PrincipalDisable => "Principal shut out",
        RecordKinds.PrincipalEnable => "Principal let in again",
        RecordKinds.AccessRequest => "Access asked for",
        RecordKinds.AccessDecision => "Access decided",
        RecordKinds.GrantStart => "Grant started",
        RecordKinds.GrantExtend => "Grant extended",
        RecordKinds.GrantRevoke => "Grant revoked",
        RecordKinds.GrantEnd => "Grant ended",
        RecordKinds.BreakGlassOpen => "Emergency access opened",
        RecordKinds.BreakGlassReview => "Emergency access reviewed",
        RecordKinds.TargetChange => "Target changed by the gateway",
        RecordKinds.TokenIssue => "Token issued",
        RecordKinds.TokenRevoke => "Token revoked",
        RecordKinds.TokenRefuse => "Token exchange refused",
        RecordKinds.TokenKey => "Token key changed",
        RecordKinds.ExportCreated => "Evidence exported",
        RecordKinds.ExportGap => "Export behind or back",
        RecordKinds.Heartbeat => "Heartbeat",
        RecordKinds.ClockStatus => "Clock status",
        RecordKinds.PeriodClose => "Period closed",
        RecordKinds.LogStatus => "Ledger's disk",
        RecordKinds.WitnessGap => "Witnesses late or back",
        _ => kind,
    };
}
