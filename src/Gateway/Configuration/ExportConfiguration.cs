using System.Collections.Immutable;

namespace Sallyport.Gateway.Configuration;

/// <summary>One place that gets a copy of the ledger's records, in their order.</summary>
public sealed record ExportConfiguration
{
    /// <summary>Names the export, and its place in the ledger over restarts.</summary>
    public required string Name { get; init; }

    public required ExportKind Kind { get; init; }

    /// <summary>What a record is written as.</summary>
    public required ExportFormat Format { get; init; }

    /// <summary>The file, for <see cref="ExportKind.Ndjson"/>.</summary>
    public string? File { get; init; }

    /// <summary>Most bytes of that file.</summary>
    public long MaxFileBytes { get; init; }

    /// <summary>Where it posts, for what goes over HTTP.</summary>
    public Uri? Url { get; init; }

    /// <summary>The receiver, for <see cref="ExportKind.Syslog"/>.</summary>
    public string Host { get; init; } = "";

    public int Port { get; init; }

    /// <summary>Signs posts, or is the token that allows them.</summary>
    public SecretSource? Secret { get; init; }

    /// <summary>How the connection is protected.</summary>
    public ExportTls Tls { get; init; } = new(null, null, null);

    /// <summary>Kinds of records that go there; empty for all.</summary>
    public ImmutableHashSet<string> Records { get; init; } = [];

    /// <summary>Kinds of records that do not.</summary>
    public ImmutableHashSet<string> Except { get; init; } = [];

    /// <summary>Whether a new export begins with what happens from now on, and not at the ledger's beginning.</summary>
    public bool FromNow { get; init; }

    /// <summary>How long records may wait before that is an alarm.</summary>
    public TimeSpan AlarmAfter { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Whether records of this kind go there.</summary>
    public bool Takes(string kind) => (Records.IsEmpty || Records.Contains(kind)) && !Except.Contains(kind);
}

/// <summary>Certificates of an export's connection, as PEM files.</summary>
/// <param name="AuthorityFile">Authorities whose server certificates count; null for the system's.</param>
/// <param name="CertificateFile">The gateway's own certificate; null where none is shown.</param>
/// <param name="KeyFile">Its key.</param>
public sealed record ExportTls(string? AuthorityFile, string? CertificateFile, string? KeyFile);

public enum ExportKind
{
    /// <summary>Lines of JSON in a file.</summary>
    Ndjson,

    /// <summary>Signed posts (Standard Webhooks).</summary>
    Webhook,

    /// <summary>Syslog over TLS (RFC 5424, 5425).</summary>
    Syslog,

    /// <summary>Splunk's HTTP Event Collector.</summary>
    Splunk,

    /// <summary>Log records for an OpenTelemetry collector (OTLP/HTTP, JSON).</summary>
    Otlp,

    /// <summary>AuditEvents for a FHIR R4 server.</summary>
    Fhir,
}

public enum ExportFormat
{
    /// <summary>The record itself, with its place in the ledger.</summary>
    Record,

    /// <summary>An event of the Open Cybersecurity Schema Framework.</summary>
    Ocsf,

    /// <summary>A syslog message whose text is the record.</summary>
    Rfc5424,

    /// <summary>A syslog message whose text is in the Common Event Format.</summary>
    Cef,

    /// <summary>An OpenTelemetry log record.</summary>
    Otlp,

    /// <summary>A FHIR R4 AuditEvent.</summary>
    AuditEvent,
}
