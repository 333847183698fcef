using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Sallyport.Evidence.Records;

namespace Sallyport.Gateway.Exports.Fhir;

/// <summary>A record as a FHIR R4 AuditEvent (https://hl7.org/fhir/R4/auditevent.html). No patient is named: records do not know any.</summary>
internal static class AuditEvent
{
    private const string Dicom = "http://dicom.nema.org/resources/ontology/DCM";
    private const string KindSystem = "urn:sallyport:record-kind";
    private const string EntityTypes = "http://terminology.hl7.org/CodeSystem/audit-entity-type";
    private const string EntityRoles = "http://terminology.hl7.org/CodeSystem/object-role";
    private const string SourceTypes = "http://terminology.hl7.org/CodeSystem/security-source-type";

    public static void Write(Utf8JsonWriter json, string origin, ExportedRecord record)
    {
        var line = record.Line;
        json.WriteStartObject();
        json.WriteString("resourceType", "AuditEvent");
        json.WritePropertyName("type");
        WriteCoding(json, Dicom, TypeOf(line.Kind));
        json.WriteStartArray("subtype");
        WriteCoding(json, KindSystem, (line.Kind, RecordTitles.Of(line.Kind)));
        if (SubtypeOf(line.Kind) is { } subtype)
        {
            WriteCoding(json, Dicom, subtype);
        }
        json.WriteEndArray();
        json.WriteString("action", ActionOf(line));
        json.WriteString("recorded", line.Header.Time);
        json.WriteString("outcome", OutcomeOf(line));
        if (RecordMeaning.Why(line) is { Length: > 0 } why)
        {
            json.WriteString("outcomeDesc", line.Text("rule") is { Length: > 0 } rule ? $"{why} (rule {rule})" : why);
        }
        json.WriteStartArray("agent");
        WriteRequestor(json, line);
        WriteGateway(json, line);
        json.WriteEndArray();
        WriteSource(json, origin, line);
        json.WriteStartArray("entity");
        WriteLedgerEntity(json, origin, record);
        WriteQuery(json, line);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static (string Code, string Display) TypeOf(string kind) => kind switch
    {
        RecordKinds.Intent or RecordKinds.Outcome or RecordKinds.OutcomeUnknown or RecordKinds.Explain => ("110112", "Query"),
        RecordKinds.AuthenticationAccepted or RecordKinds.AuthenticationFailed or RecordKinds.SessionStart or RecordKinds.SessionEnd or RecordKinds.TokenIssue
            or RecordKinds.TokenRefuse => ("110114", "User Authentication"),
        RecordKinds.ExportCreated => ("110106", "Export"),
        RecordKinds.GatewayStart or RecordKinds.GatewayStop or RecordKinds.Heartbeat or RecordKinds.ClockStatus or RecordKinds.PeriodClose or RecordKinds.LogStatus
            or RecordKinds.WitnessGap or RecordKinds.ExportGap => ("110100", "Application Activity"),
        _ => ("110113", "Security Alert"),
    };

    private static (string Code, string Display)? SubtypeOf(string kind) => kind switch
    {
        RecordKinds.GatewayStart => ("110120", "Application Start"),
        RecordKinds.GatewayStop => ("110121", "Application Stop"),
        RecordKinds.AuthenticationAccepted or RecordKinds.AuthenticationFailed or RecordKinds.SessionStart => ("110122", "Login"),
        RecordKinds.SessionEnd => ("110123", "Logout"),
        RecordKinds.BreakGlassOpen => ("110127", "Emergency Override Started"),
        RecordKinds.Deny => ("110129", "Use of Restricted Function"),
        RecordKinds.GrantStart or RecordKinds.GrantExtend or RecordKinds.GrantRevoke or RecordKinds.GrantEnd or RecordKinds.GrantActive or RecordKinds.PolicyActivate
            or RecordKinds.AccessDecision => ("110136", "Security Roles Changed"),
        RecordKinds.PrincipalDisable or RecordKinds.PrincipalEnable or RecordKinds.CredentialIssue or RecordKinds.CredentialChange or RecordKinds.CredentialRevoke
            or RecordKinds.TokenRevoke => ("110137", "User Security Attributes Changed"),
        _ => null,
    };

    /// <summary>Create, update, delete by what a statement does; a query is executed.</summary>
    private static string ActionOf(RecordLine record)
    {
        var effects = record.Text("effects").Split(',');
        return effects.Any(effect => effect is "delete" or "truncate" or "drop") ? "D"
            : effects.Any(effect => effect is "update" or "merge" or "alter") ? "U"
            : effects.Any(effect => effect is "insert" or "create" or "copy-in") ? "C"
            : "E";
    }

    private static string OutcomeOf(RecordLine record) => RecordMeaning.Succeeded(record) switch
    {
        false when RecordMeaning.GravityOf(record) >= Gravity.Warning => "8",
        false => "4",
        _ => "0",
    };

    private static void WriteRequestor(Utf8JsonWriter json, RecordLine record)
    {
        json.WriteStartObject();
        json.WriteStartObject("who");
        json.WriteStartObject("identifier");
        json.WriteString("system", "urn:sallyport:principal");
        json.WriteString("value", RecordMeaning.WhoOf(record) is { Length: > 0 } who ? who : "unknown");
        json.WriteEndObject();
        json.WriteEndObject();
        if (record.Header.Agent.Length > 0)
        {
            json.WriteString("name", record.Header.Agent);
        }
        json.WriteBoolean("requestor", true);
        if (record.Text("pol") is { Length: > 0 } policy)
        {
            json.WriteStartArray("policy");
            json.WriteStringValue("urn:sallyport:policy:" + Uri.EscapeDataString(policy));
            json.WriteEndArray();
        }
        if (IPAddress.TryParse(record.Text("client"), out var address))
        {
            json.WriteStartObject("network");
            json.WriteString("address", address.ToString());
            json.WriteString("type", "2");
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    private static void WriteGateway(Utf8JsonWriter json, RecordLine record)
    {
        json.WriteStartObject();
        json.WriteStartObject("type");
        json.WriteStartArray("coding");
        WriteCoding(json, Dicom, ("110152", "Destination Role ID"));
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteStartObject("who");
        json.WriteString("display", RecordMeaning.TargetOf(record) is { Length: > 0 } target ? $"Sallyport, target {target}" : "Sallyport");
        json.WriteEndObject();
        json.WriteBoolean("requestor", false);
        json.WriteEndObject();
    }

    private static void WriteSource(Utf8JsonWriter json, string origin, RecordLine record)
    {
        json.WriteStartObject("source");
        json.WriteString("site", origin);
        json.WriteStartObject("observer");
        json.WriteString("display", record.Header.Node is { Length: > 0 } node ? node : "Sallyport");
        json.WriteEndObject();
        json.WriteStartArray("type");
        WriteCoding(json, SourceTypes, ("4", "Application Server"));
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteLedgerEntity(Utf8JsonWriter json, string origin, ExportedRecord record)
    {
        json.WriteStartObject();
        json.WriteStartObject("what");
        json.WriteStartObject("identifier");
        json.WriteString("system", "urn:sallyport:ledger");
        json.WriteString("value", string.Create(CultureInfo.InvariantCulture, $"{origin}/{record.Index}"));
        json.WriteEndObject();
        json.WriteEndObject();
        json.WritePropertyName("type");
        WriteCoding(json, EntityTypes, ("2", "System Object"));
        json.WritePropertyName("role");
        WriteCoding(json, EntityRoles, ("13", "Security Resource"));
        json.WriteStartArray("detail");
        WriteDetail(json, "leaf", "valueString", record.Hash);
        if (RecordMeaning.SessionOf(record.Line) is { Length: > 0 } session)
        {
            WriteDetail(json, "session", "valueString", session);
        }
        WriteDetail(json, "record", "valueBase64Binary", Convert.ToBase64String(record.Leaf.Span));
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>The statement's template: it has placeholders where values were.</summary>
    private static void WriteQuery(Utf8JsonWriter json, RecordLine record)
    {
        if (record.Text("tmpl") is not { Length: > 0 } template)
        {
            return;
        }
        json.WriteStartObject();
        json.WritePropertyName("type");
        WriteCoding(json, EntityTypes, ("2", "System Object"));
        json.WritePropertyName("role");
        WriteCoding(json, EntityRoles, ("24", "Query"));
        json.WriteString("query", Convert.ToBase64String(Encoding.UTF8.GetBytes(template)));
        json.WriteEndObject();
    }

    private static void WriteDetail(Utf8JsonWriter json, string type, string field, string value)
    {
        json.WriteStartObject();
        json.WriteString("type", type);
        json.WriteString(field, value);
        json.WriteEndObject();
    }

    private static void WriteCoding(Utf8JsonWriter json, string system, (string Code, string Display) coding)
    {
        json.WriteStartObject();
        json.WriteString("system", system);
        json.WriteString("code", coding.Code);
        json.WriteString("display", coding.Display);
        json.WriteEndObject();
    }
}
