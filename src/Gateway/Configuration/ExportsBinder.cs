using System.Collections.Immutable;
using System.Reflection;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Sallyport.Evidence.Records;

namespace Sallyport.Gateway.Configuration;

/// <summary>Reads <c>exports:</c>.</summary>
internal static class ExportsBinder
{
    public const int MaxExports = 20;

    private const int SyslogPort = 6514;
    private const int DefaultFileMiB = 10_240;
    private const int MostFileMiB = 10_000_000;
    private const long BytesPerMiB = 1 << 20;
    private const string GroupEnd = ".*";

    private static readonly TimeSpan LeastAlarm = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MostAlarm = TimeSpan.FromDays(7);

    private static readonly Dictionary<string, ExportKind> Kinds = new(StringComparer.Ordinal)
    {
        ["ndjson"] = ExportKind.Ndjson,
        ["webhook"] = ExportKind.Webhook,
        ["syslog"] = ExportKind.Syslog,
        ["splunk"] = ExportKind.Splunk,
        ["otlp"] = ExportKind.Otlp,
        ["fhir"] = ExportKind.Fhir,
    };

    private static readonly Dictionary<string, ExportFormat> RecordFormats = new(StringComparer.Ordinal)
    {
        ["record"] = ExportFormat.Record,
        ["ocsf"] = ExportFormat.Ocsf,
    };

    private static readonly Dictionary<string, ExportFormat> SyslogFormats = new(StringComparer.Ordinal)
    {
        ["rfc5424"] = ExportFormat.Rfc5424,
        ["cef"] = ExportFormat.Cef,
    };

    private static readonly Dictionary<string, ExportFormat> OtlpFormats = new(StringComparer.Ordinal) { ["otlp"] = ExportFormat.Otlp };

    private static readonly Dictionary<string, ExportFormat> FhirFormats = new(StringComparer.Ordinal) { ["audit-event"] = ExportFormat.AuditEvent };

    private static readonly Dictionary<string, bool> Starts = new(StringComparer.Ordinal) { ["beginning"] = false, ["now"] = true };

    private static readonly string[] KnownRecords =
        [.. typeof(RecordKinds).GetFields(BindingFlags.Public | BindingFlags.Static).Where(field => field.IsLiteral).Select(field => (string)field.GetRawConstantValue()!)];

    public static ImmutableArray<ExportConfiguration> Bind(Section root, Binding binding)
    {
        var exports = ImmutableArray.CreateBuilder<ExportConfiguration>();
        foreach (var section in root.Children("exports"))
        {
            section.Require("name");
            section.Require("kind");
            var name = RuleBinder.Name(section) ?? "";
            if (section.Choice("kind", Kinds) is not { } kind)
            {
                continue;
            }
            var export = Target(Common(section, name, kind), section, binding);
            section.Finish();
            if (name.Length > 0 && exports.Any(other => other.Name == name))
            {
                section.Problem("name", $"export {name} stands here a second time", "give each its own name");
            }
            if (export.File is not null && exports.Any(other => other.File == export.File))
            {
                section.Problem("file", "another export writes this file", "give each its own file");
            }
            exports.Add(export);
        }
        if (exports.Count > MaxExports)
        {
            root.Problem("exports", $"there are more than {MaxExports} exports", "remove some");
        }
        return exports.ToImmutable();
    }

    private static ExportConfiguration Common(Section section, string name, ExportKind kind) => new()
    {
        Name = name,
        Kind = kind,
        Format = FormatOf(section, kind),
        Records = RecordsOf(section, "records"),
        Except = RecordsOf(section, "except"),
        FromNow = section.Choice("start", Starts) ?? false,
        AlarmAfter = section.Duration("alarmAfter", TimeSpan.FromMinutes(1), LeastAlarm, MostAlarm),
    };

    private static ExportFormat FormatOf(Section section, ExportKind kind)
    {
        var (formats, usual) = kind switch
        {
            ExportKind.Syslog => (SyslogFormats, ExportFormat.Rfc5424),
            ExportKind.Splunk => (RecordFormats, ExportFormat.Ocsf),
            ExportKind.Otlp => (OtlpFormats, ExportFormat.Otlp),
            ExportKind.Fhir => (FhirFormats, ExportFormat.AuditEvent),
            _ => (RecordFormats, ExportFormat.Record),
        };
        return section.Choice("format", formats) ?? usual;
    }

    private static ExportConfiguration Target(ExportConfiguration export, Section section, Binding binding)
    {
        if (export.Kind == ExportKind.Ndjson)
        {
            return export with
            {
                File = File(section, binding),
                MaxFileBytes = section.Number("maxMiB", DefaultFileMiB, 1, MostFileMiB) * BytesPerMiB,
            };
        }
        if (export.Kind == ExportKind.Syslog)
        {
            var (host, port) = Server(section);
            return export with { Host = host, Port = port, Tls = Tls(section, binding) };
        }
        if (export.Kind is ExportKind.Webhook or ExportKind.Splunk)
        {
            section.Require("secret");
        }
        return export with { Url = Url(section), Secret = binding.Secret(section, "secret"), Tls = Tls(section, binding) };
    }

    private static string? File(Section section, Binding binding)
    {
        if (section.RequiredText("file") is not { } text)
        {
            return null;
        }
        var path = binding.PathOf(text);
        if (!Directory.Exists(Path.GetDirectoryName(path)))
        {
            section.Problem("file", $"there is no folder {Path.GetDirectoryName(path)}", "make it, writable for the gateway's user");
        }
        return path;
    }

    private static (string Host, int Port) Server(Section section)
    {
        if (section.RequiredText("server") is not { } server)
        {
            return ("", 0);
        }
        if (Scalars.TryHostPort(server, SyslogPort, out var host, out var port))
        {
            return (host, port);
        }
        section.Problem("server", "server is not HOST or HOST:PORT", "write it such as siem.clinic.example:6514");
        return ("", 0);
    }

    private static Uri? Url(Section section)
    {
        section.Require("url");
        if (section.Address("url") is not { } url)
        {
            return null;
        }
        if (url.Scheme != Uri.UriSchemeHttps && !NotificationsBinder.IsThisMachine(url.Host))
        {
            section.Problem("url", "records would travel without TLS", "write https://; http:// only for this machine");
        }
        if (url.UserInfo.Length > 0)
        {
            section.Problem("url", "url holds a user or a password", "remove it, and give a secret");
        }
        return url;
    }

    private static ExportTls Tls(Section section, Binding binding)
    {
        var tls = new ExportTls(binding.ReadableFile(section, "ca"), binding.ReadableFile(section, "certificate"), binding.ReadableFile(section, "key", isSecret: true));
        if (section.Has("certificate") != section.Has("key"))
        {
            section.Problem("certificate", "certificate and key belong together", "give both or neither");
        }
        else if (tls is { CertificateFile: { } certificate, KeyFile: { } key } && !IsPair(certificate, key))
        {
            section.Problem("certificate", "certificate and key are no pair", "give PEM files of a certificate and its unencrypted key");
        }
        return tls;
    }

    private static bool IsPair(string certificate, string key)
    {
        try
        {
            using var pair = X509Certificate2.CreateFromPemFile(certificate, key);
            return pair.HasPrivateKey;
        }
        catch (Exception problem) when (problem is CryptographicException or ArgumentException)
        {
            return false;
        }
    }

    /// <summary>Kinds of records, by name or as a group: <c>access.*</c>.</summary>
    private static ImmutableHashSet<string> RecordsOf(Section section, string key)
    {
        var kinds = ImmutableHashSet.CreateBuilder<string>(StringComparer.Ordinal);
        foreach (var text in section.Texts(key))
        {
            var named = text.Value.EndsWith(GroupEnd, StringComparison.Ordinal)
                ? KnownRecords.Where(kind => kind.StartsWith(text.Value[..^1], StringComparison.Ordinal)).ToArray()
                : [.. KnownRecords.Where(kind => kind == text.Value)];
            if (named.Length == 0)
            {
                section.Problems.Add(text.Line, $"there are no records of kind {text.Value}", Spelling.Remedy(text.Value, KnownRecords));
            }
            kinds.UnionWith(named);
        }
        return kinds.ToImmutable();
    }
}
