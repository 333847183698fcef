namespace Sallyport.Evidence.Records;

/// <summary>The value of <c>k</c> in a record: what happened. Kinds are never renamed; new ones are added.</summary>
public static class RecordKinds
{
    public const string GatewayStart = "gateway.start";
    public const string GatewayStop = "gateway.stop";
    public const string PolicyActivate = "policy.activate";
    public const string PolicyRefused = "policy.refused";
    public const string GrantActive = "grant.active";
    public const string AuthenticationAccepted = "auth.ok";
    public const string AuthenticationFailed = "auth.fail";
    public const string SessionStart = "session.start";
    public const string SessionEnd = "session.end";
    public const string Intent = "intent";
    public const string Outcome = "outcome";
    public const string OutcomeUnknown = "outcome.unknown";
    public const string Deny = "deny";
    public const string Explain = "explain";
    public const string InferenceAlarm = "inference.alarm";
    public const string BudgetReached = "budget.reached";
    public const string ApprovalRequest = "approval.request";
    public const string ApprovalRehearse = "approval.rehearse";
    public const string ApprovalDecide = "approval.decide";
    public const string ApprovalExpire = "approval.expire";
    public const string ApprovalEnd = "approval.end";
    public const string CredentialIssue = "credential.issue";
    public const string CredentialChange = "credential.change";
    public const string CredentialRevoke = "credential.revoke";
    public const string SessionKill = "session.kill";
    public const string PrincipalDisable = "principal.disable";
    public const string PrincipalEnable = "principal.enable";
    public const string AccessRequest = "access.request";
    public const string AccessDecision = "access.decision";
    public const string GrantStart = "grant.start";
    public const string GrantExtend = "grant.extend";
    public const string GrantRevoke = "grant.revoke";
    public const string GrantEnd = "grant.end";
    public const string BreakGlassOpen = "breakglass.open";
    public const string BreakGlassReview = "breakglass.review";
    public const string TargetChange = "target.change";
    public const string TokenIssue = "token.issue";
    public const string TokenRevoke = "token.revoke";
    public const string TokenRefuse = "token.refuse";
    public const string TokenKey = "token.key";
    public const string ExportCreated = "export.created";
    public const string ExportGap = "export.gap";
    public const string Heartbeat = "heartbeat";
    public const string ClockStatus = "clock.status";
    public const string PeriodClose = "period.close";
    public const string LogStatus = "log.status";
    public const string WitnessGap = "witness.gap";
}
