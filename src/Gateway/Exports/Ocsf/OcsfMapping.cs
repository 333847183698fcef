using Sallyport.Evidence.Records;

namespace Sallyport.Gateway.Exports.Ocsf;

/// <summary>What a record is among the events of OCSF.</summary>
/// <param name="Class">Its class.</param>
/// <param name="Activity">The activity's number within the class.</param>
internal sealed record OcsfMeaning(OcsfClass Class, int Activity)
{
    /// <summary>What was done about it; 0 where nothing was judged.</summary>
    public int Disposition { get; init; }

    /// <summary>Whether that let it happen.</summary>
    public int Action { get; init; } = OcsfMapping.Allowed;

    /// <summary>The field that names what is managed, for <see cref="OcsfClass.EntityManagement"/>.</summary>
    public string EntityField { get; init; } = "";

    /// <summary>What that is.</summary>
    public string EntityType { get; init; } = "";
}

/// <summary>Which record is which event. Documented in docs/reference/exports.md.</summary>
internal static class OcsfMapping
{
    public const int OtherActivity = 99;
    public const int Allowed = 1;
    public const int Denied = 2;
    public const int Observed = 3;
    public const int Modified = 4;

    private const int Blocked = 2;
    private const int Approved = 8;
    private const int Corrected = 11;
    private const int Delayed = 14;
    private const int Logged = 17;
    private const int Alert = 19;
    private const int AccessRevoked = 24;
    private const int Rejected = 25;
    private const int Unauthorized = 26;
    private const int AllowedDisposition = 1;

    // Activities of the identity classes: 1 Create, 2 Read or Enable, 3 Update, ...
    private const int Create = 1;
    private const int Enable = 2;
    private const int Update = 3;
    private const int Delete = 4;
    private const int DisableAccount = 5;
    private const int Activate = 10;
    private const int Deactivate = 11;
    private const int Logon = 1;
    private const int Logoff = 2;
    private const int Ticket = 3;
    private const int ReadApi = 2;
    private const int Start = 3;
    private const int Stop = 4;

    public static OcsfMeaning Of(RecordLine record) => record.Kind switch
    {
        RecordKinds.Intent or RecordKinds.ApprovalRehearse or RecordKinds.Deny or RecordKinds.Explain or RecordKinds.Outcome or RecordKinds.OutcomeUnknown or RecordKinds.InferenceAlarm
            or RecordKinds.BudgetReached or RecordKinds.SessionStart => Datastore(record),
        RecordKinds.AuthenticationAccepted => new(OcsfClass.Authentication, Logon) { Disposition = AllowedDisposition },
        RecordKinds.AuthenticationFailed => new(OcsfClass.Authentication, Logon) { Disposition = Unauthorized, Action = Denied },
        RecordKinds.SessionEnd => new(OcsfClass.Authentication, Logoff),
        RecordKinds.TokenIssue => new(OcsfClass.Authentication, Ticket) { Disposition = AllowedDisposition },
        RecordKinds.TokenRefuse => new(OcsfClass.Authentication, Ticket) { Disposition = Unauthorized, Action = Denied },
        RecordKinds.PrincipalDisable => new(OcsfClass.AccountChange, DisableAccount) { Disposition = AccessRevoked, Action = Denied },
        RecordKinds.PrincipalEnable => new(OcsfClass.AccountChange, Enable) { Disposition = AllowedDisposition },
        RecordKinds.TokenRevoke or RecordKinds.SessionKill => new(OcsfClass.ApiActivity, Delete) { Disposition = AccessRevoked, Action = Denied },
        RecordKinds.TokenKey or RecordKinds.TargetChange => new(OcsfClass.ApiActivity, Update),
        RecordKinds.ExportCreated => new(OcsfClass.ApiActivity, ReadApi),
        RecordKinds.GatewayStart => new(OcsfClass.ApplicationLifecycle, Start),
        RecordKinds.GatewayStop => new(OcsfClass.ApplicationLifecycle, Stop),
        RecordKinds.Heartbeat or RecordKinds.ClockStatus or RecordKinds.PeriodClose or RecordKinds.LogStatus or RecordKinds.WitnessGap or RecordKinds.ExportGap =>
            new(OcsfClass.ApplicationLifecycle, OtherActivity),
        _ => Entity(record),
    };

    private static OcsfMeaning Datastore(RecordLine record) => record.Kind switch
    {
        RecordKinds.Intent => new(OcsfClass.DatastoreActivity, ActivityOf(record))
        {
            Disposition = record.Text("decision") == "approved" ? Approved : AllowedDisposition,
        },
        RecordKinds.Deny => new(OcsfClass.DatastoreActivity, ActivityOf(record)) { Disposition = Blocked, Action = Denied },
        RecordKinds.Explain or RecordKinds.ApprovalRehearse => new(OcsfClass.DatastoreActivity, ActivityOf(record)) { Disposition = Logged, Action = Observed },
        RecordKinds.Outcome when record.Items("mask").Any() => new(OcsfClass.DatastoreActivity, OtherActivity) { Disposition = Corrected, Action = Modified },
        RecordKinds.InferenceAlarm => new(OcsfClass.DatastoreActivity, OtherActivity) { Disposition = Alert, Action = Observed },
        RecordKinds.BudgetReached => new(OcsfClass.DatastoreActivity, OtherActivity) { Disposition = Blocked, Action = Denied },
        RecordKinds.SessionStart => new(OcsfClass.DatastoreActivity, 3),
        _ => new(OcsfClass.DatastoreActivity, OtherActivity),
    };

    /// <summary>Query, Update, Write, Create, Delete: by what the statement does, the gravest first.</summary>
    private static int ActivityOf(RecordLine record)
    {
        var effects = record.Text("effects").Split(',');
        return record.Text("class") switch
        {
            "read" => 4,
            "write" or "ddl" when effects.Any(effect => effect is "delete" or "truncate" or "drop") => 7,
            "write" or "ddl" when effects.Any(effect => effect is "update" or "alter" or "merge") => 2,
            "write" => 5,
            "ddl" => 6,
            _ => OtherActivity,
        };
    }

    private static OcsfMeaning Entity(RecordLine record) => record.Kind switch
    {
        RecordKinds.ApprovalRequest => Managed(Create, "approval", "approval") with { Disposition = Delayed, Action = Observed },
        RecordKinds.ApprovalDecide => Decided(record, "approval", "approval"),
        RecordKinds.ApprovalExpire => Managed(Deactivate, "approval", "approval") with { Disposition = Rejected, Action = Denied },
        RecordKinds.ApprovalEnd => Managed(Deactivate, "approval", "approval"),
        RecordKinds.AccessRequest => Managed(Create, "request", "access request") with { Disposition = Delayed, Action = Observed },
        RecordKinds.AccessDecision => Decided(record, "request", "access request"),
        RecordKinds.GrantActive => Managed(Activate, "grant", "grant"),
        RecordKinds.GrantStart or RecordKinds.BreakGlassOpen => Managed(Activate, "grant", "grant") with { Disposition = Approved },
        RecordKinds.GrantExtend or RecordKinds.BreakGlassReview => Managed(Update, "grant", "grant"),
        RecordKinds.GrantRevoke => Managed(Deactivate, "grant", "grant") with { Disposition = AccessRevoked, Action = Denied },
        RecordKinds.GrantEnd => Managed(Deactivate, "grant", "grant"),
        RecordKinds.CredentialIssue => Managed(Create, "role", "database role"),
        RecordKinds.CredentialChange => Managed(Update, "role", "database role"),
        RecordKinds.CredentialRevoke => Managed(Delete, "role", "database role"),
        RecordKinds.PolicyActivate => Managed(Activate, "pol", "policy"),
        RecordKinds.PolicyRefused => Managed(Activate, "pol", "policy") with { Disposition = Rejected, Action = Denied },
        // A kind that is newer than this table is an event nonetheless.
        _ => new(OcsfClass.BaseEvent, OtherActivity),
    };

    private static OcsfMeaning Decided(RecordLine record, string field, string type) => record.Text("decision") == "approve"
        ? Managed(Activate, field, type) with { Disposition = Approved }
        : Managed(Deactivate, field, type) with { Disposition = Rejected, Action = Denied };

    private static OcsfMeaning Managed(int activity, string field, string type) => new(OcsfClass.EntityManagement, activity) { EntityField = field, EntityType = type };
}
