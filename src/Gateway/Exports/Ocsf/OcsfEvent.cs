using System.Globalization;
using System.Net;
using System.Text.Json;
using Sallyport.Evidence.Records;

namespace Sallyport.Gateway.Exports.Ocsf;

/// <summary>
/// A record as an event of the Open Cybersecurity Schema Framework 1.8.0 (https://schema.ocsf.io). The whole record goes along in <c>unmapped</c>;
/// nothing is added that it does not hold.
/// </summary>
internal static class OcsfEvent
{
    public const string Version = "1.8.0";

    private const string Unknown = "unknown";
    private const int Success = 1;
    private const int Failure = 2;
    private static readonly string ProductVersion = typeof(OcsfEvent).Assembly.GetName().Version?.ToString(3) ?? "0";

    public static void Write(Utf8JsonWriter json, string origin, ExportedRecord record)
    {
        var line = record.Line;
        var meaning = OcsfMapping.Of(line);
        json.WriteStartObject();
        WriteBase(json, line, meaning);
        WriteMetadata(json, origin, record, meaning);
        switch (meaning.Class)
        {
            case OcsfClass.DatastoreActivity:
                WriteDatastore(json, line);
                break;
            case OcsfClass.Authentication:
                WriteUser(json, "user", NotEmpty(line.Header.Subject, line.Text("for"), line.Text("subject")));
                WriteActor(json, line);
                WriteSource(json, line);
                WriteNamed(json, "service", NotEmpty(RecordMeaning.TargetOf(line), "sallyport"));
                break;
            case OcsfClass.ApiActivity:
                WriteActor(json, line);
                WriteSource(json, line);
                json.WriteStartObject("api");
                json.WriteString("operation", line.Kind);
                WriteNamed(json, "service", "sallyport");
                json.WriteEndObject();
                break;
            case OcsfClass.EntityManagement:
                WriteActor(json, line);
                WriteEntity(json, line, meaning);
                break;
            case OcsfClass.AccountChange:
                WriteActor(json, line);
                WriteUser(json, "user", line.Text("principal"));
                break;
            case OcsfClass.ApplicationLifecycle:
                json.WriteStartObject("app");
                json.WriteString("name", "Sallyport");
                json.WriteString("version", ProductVersion);
                json.WriteEndObject();
                break;
            case OcsfClass.BaseEvent:
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(record));
        }
        WriteControl(json, line, meaning);
        json.WriteStartObject("unmapped");
        json.WriteString("leaf", record.Hash);
        json.WritePropertyName("record");
        json.WriteRawValue(record.Leaf.Span, skipInputValidation: true);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteBase(Utf8JsonWriter json, RecordLine line, OcsfMeaning meaning)
    {
        var classUid = (int)meaning.Class;
        json.WriteNumber("class_uid", classUid);
        json.WriteNumber("category_uid", classUid / 1000);
        json.WriteNumber("activity_id", meaning.Activity);
        if (meaning.Activity == OcsfMapping.OtherActivity)
        {
            json.WriteString("activity_name", RecordTitles.Of(line.Kind));
        }
        json.WriteNumber("type_uid", classUid * 100L + meaning.Activity);
        json.WriteNumber("severity_id", RecordMeaning.GravityOf(line) switch
        {
            Gravity.Error => 4,
            Gravity.Warning => 3,
            Gravity.Notice => 2,
            _ => 1,
        });
        json.WriteNumber("time", RecordMeaning.TimeOf(line).ToUnixTimeMilliseconds());
        json.WriteString("message", RecordTitles.Of(line.Kind));
        if (RecordMeaning.Succeeded(line) is { } succeeded)
        {
            json.WriteNumber("status_id", succeeded ? Success : Failure);
        }
        if (RecordMeaning.Why(line) is { Length: > 0 } why)
        {
            json.WriteString("status_code", why);
        }
        if (line.Integer("dur_us") is { } duration)
        {
            json.WriteNumber("duration", duration / 1000);
        }
    }

    private static void WriteMetadata(Utf8JsonWriter json, string origin, ExportedRecord record, OcsfMeaning meaning)
    {
        var line = record.Line;
        json.WriteStartObject("metadata");
        json.WriteString("version", Version);
        json.WriteString("uid", string.Create(CultureInfo.InvariantCulture, $"{origin}/{record.Index}"));
        json.WriteString("event_code", line.Kind);
        json.WriteString("original_time", line.Header.Time);
        json.WriteString("log_name", origin);
        json.WriteString("log_provider", line.Header.Node);
        if (RecordMeaning.SessionOf(line) is { Length: > 0 } session)
        {
            json.WriteString("correlation_uid", session);
        }
        json.WriteStartObject("product");
        json.WriteString("name", "Sallyport");
        json.WriteString("vendor_name", "Sallyport");
        json.WriteString("version", ProductVersion);
        json.WriteEndObject();
        if (meaning.Disposition > 0)
        {
            json.WriteStartArray("profiles");
            json.WriteStringValue("security_control");
            json.WriteEndArray();
        }
        json.WriteEndObject();
    }

    private static void WriteDatastore(Utf8JsonWriter json, RecordLine line)
    {
        WriteActor(json, line);
        WriteSource(json, line);
        json.WriteStartObject("database");
        json.WriteString("name", NotEmpty(RecordMeaning.TargetOf(line)));
        json.WriteNumber("type_id", 1);
        json.WriteEndObject();
        if (line.Text("tmpl") is { Length: > 0 } template)
        {
            json.WriteStartObject("query_info");
            json.WriteString("uid", line.Text("tmpl_fp"));
            json.WriteString("query_string", template);
            json.WriteEndObject();
        }
        if (line.Items("objects").ToList() is [{ ValueKind: JsonValueKind.String } only])
        {
            // Written as "r:schema.table" or "w:schema.table".
            WriteNamed(json, "table", only.GetString()![2..]);
        }
    }

    private static void WriteActor(Utf8JsonWriter json, RecordLine line)
    {
        json.WriteStartObject("actor");
        WriteUser(json, "user", NotEmpty(RecordMeaning.WhoOf(line), "sallyport"));
        if (line.Header.Agent.Length > 0)
        {
            json.WriteString("app_name", line.Header.Agent);
        }
        if (line.Header.Session.Length > 0)
        {
            json.WriteStartObject("session");
            json.WriteString("uid", line.Header.Session);
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    /// <summary>The client's address where the record has it, else the session that has it in its first record.</summary>
    private static void WriteSource(Utf8JsonWriter json, RecordLine line)
    {
        json.WriteStartObject("src_endpoint");
        if (IPAddress.TryParse(line.Text("client"), out var address))
        {
            json.WriteString("ip", address.ToString());
        }
        json.WriteString("uid", NotEmpty(RecordMeaning.SessionOf(line), line.Header.Node));
        json.WriteEndObject();
    }

    private static void WriteEntity(Utf8JsonWriter json, RecordLine line, OcsfMeaning meaning)
    {
        json.WriteStartObject("entity");
        json.WriteString("uid", NotEmpty(line.Text(meaning.EntityField)));
        json.WriteString("type", meaning.EntityType);
        json.WriteEndObject();
    }

    /// <summary>What a control did: only where it did something (profile <c>security_control</c>).</summary>
    private static void WriteControl(Utf8JsonWriter json, RecordLine line, OcsfMeaning meaning)
    {
        if (meaning.Disposition == 0)
        {
            return;
        }
        json.WriteNumber("action_id", meaning.Action);
        json.WriteNumber("disposition_id", meaning.Disposition);
        json.WriteBoolean("is_alert", RecordMeaning.GravityOf(line) >= Gravity.Warning);
        if (line.Text("pol") is { Length: > 0 } policy)
        {
            json.WriteStartObject("policy");
            json.WriteString("uid", policy);
            if (line.Text("rule") is { Length: > 0 } rule)
            {
                json.WriteString("name", rule);
            }
            json.WriteEndObject();
        }
    }

    private static void WriteUser(Utf8JsonWriter json, string name, string id)
    {
        json.WriteStartObject(name);
        json.WriteString("uid", NotEmpty(id));
        json.WriteEndObject();
    }

    private static void WriteNamed(Utf8JsonWriter json, string property, string name)
    {
        json.WriteStartObject(property);
        json.WriteString("name", name);
        json.WriteEndObject();
    }

    private static string NotEmpty(params ReadOnlySpan<string> values)
    {
        foreach (var value in values)
        {
            if (value.Length > 0)
            {
                return value;
            }
        }
        return Unknown;
    }
}
