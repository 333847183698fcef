using Sallyport.Evidence.Records;

namespace Sallyport.Gateway.Exports;

/// <summary>How grave a record is to somebody who watches.</summary>
internal enum Gravity
{
    /// <summary>The gateway works.</summary>
    Information,

    /// <summary>Somebody decided, or something was refused or failed as it should.</summary>
    Notice,

    /// <summary>Somebody should look at it.</summary>
    Warning,

    /// <summary>The gateway cannot go on as it should.</summary>
    Error,
}

/// <summary>What all formats that rate events say of a record.</summary>
internal static class RecordMeaning
{
    public static Gravity GravityOf(RecordLine record) => record.Kind switch
    {
        RecordKinds.LogStatus => record.Text("disk") switch
        {
            "normal" => Gravity.Information,
            "critical" => Gravity.Error,
            _ => Gravity.Warning,
        },
        RecordKinds.WitnessGap or RecordKinds.ExportGap => record.Text("state") == "open" ? Gravity.Warning : Gravity.Notice,
        RecordKinds.Deny or RecordKinds.AuthenticationFailed or RecordKinds.TokenRefuse or RecordKinds.InferenceAlarm or RecordKinds.BudgetReached
            or RecordKinds.BreakGlassOpen or RecordKinds.OutcomeUnknown or RecordKinds.SessionKill or RecordKinds.PrincipalDisable or RecordKinds.PolicyRefused => Gravity.Warning,
        RecordKinds.Outcome => record.Text("status") is "ok" ? Gravity.Information : Gravity.Notice,
        RecordKinds.Heartbeat or RecordKinds.ClockStatus or RecordKinds.PeriodClose or RecordKinds.Intent or RecordKinds.Explain or RecordKinds.SessionStart
            or RecordKinds.SessionEnd or RecordKinds.AuthenticationAccepted or RecordKinds.GrantActive => Gravity.Information,
        _ => Gravity.Notice,
    };

    /// <summary>Whether what was wanted happened; null where the record does not tell.</summary>
    public static bool? Succeeded(RecordLine record) => record.Kind switch
    {
        RecordKinds.Deny or RecordKinds.AuthenticationFailed or RecordKinds.TokenRefuse or RecordKinds.PolicyRefused or RecordKinds.ApprovalExpire => false,
        RecordKinds.Outcome => record.Text("status") == "ok",
        RecordKinds.ApprovalDecide or RecordKinds.AccessDecision => record.Text("decision") == "approve",
        RecordKinds.TargetChange => record.Text("phase") switch
        {
            "done" => true,
            "begin" => null,
            _ => false,
        },
        RecordKinds.OutcomeUnknown or RecordKinds.ApprovalRequest or RecordKinds.ApprovalRehearse or RecordKinds.AccessRequest or RecordKinds.InferenceAlarm or RecordKinds.BudgetReached
            or RecordKinds.Intent or RecordKinds.Explain => null,
        _ => true,
    };

    /// <summary>Why, where the record has a code for that; else empty.</summary>
    public static string Why(RecordLine record) =>
        FirstOf(record, "reason", "sqlstate", "alarm", "problem", "measure");

    /// <summary>Who did it: the principal of the session, or whoever the record names.</summary>
    public static string WhoOf(RecordLine record) => record.Header.Subject.Length > 0 ? record.Header.Subject : FirstOf(record, "by", "for", "holder", "subject");

    /// <summary>The target that is concerned.</summary>
    public static string TargetOf(RecordLine record) => record.Header.Connection.Length > 0 ? record.Header.Connection : record.Text("target");

    /// <summary>The session that is concerned.</summary>
    public static string SessionOf(RecordLine record) => record.Header.Session.Length > 0 ? record.Header.Session : record.Text("session");

    public static DateTimeOffset TimeOf(RecordLine record) =>
        DateTimeOffset.Parse(record.Header.Time, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AssumeUniversal);

    private static string FirstOf(RecordLine record, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (record.Text(name) is { Length: > 0 } value)
            {
                return value;
            }
        }
        return "";
    }
}
