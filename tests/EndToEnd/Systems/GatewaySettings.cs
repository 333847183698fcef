using System.Text;
using Sallyport.EndToEnd.Support;

namespace Sallyport.EndToEnd.Systems;

/// <summary>The configuration file of a gateway under test, in parts a test may replace.</summary>
internal sealed record GatewaySettings
{
    public const string AllowAll = "- {name: agents, groups: [reporting-agents], target: clinic, allow: [read, write, ddl], schemas: [clinic, scratch, public]}";

    public const string StandardRules = """
        - {name: no-destructive-ddl, match: {effects: [drop, truncate], schemas: [clinic]}, verdict: deny, remedy: Ask the operator for a migration.}
        - {name: unbounded-write, match: {effects: [update, delete], unbounded: true}, verdict: deny, remedy: Add a condition.}
        - {name: clinic-writes, match: {class: write, schemas: [clinic]}, verdict: ask, approvers: [security-officers], hold: 30s, expires: 15m}
        """;

    public required LocalIssuer Local { get; init; }

    /// <summary>The OpenID provider, or null for tests that need the local issuer only.</summary>
    public OidcProvider? Provider { get; init; }

    /// <summary>Further trusted issuers, as entries of <c>identity:</c>.</summary>
    public string MoreIssuers { get; init; } = "";

    /// <summary>Target name, server, database, user and password of each protected database.</summary>
    public required IReadOnlyList<(string Name, PostgresServer Server, string Database, string User, string Password)> Targets { get; init; }

    public string Grants { get; init; } = AllowAll;

    public string Rules { get; init; } = StandardRules;

    /// <summary>Target, then <c>schema.table.column: TAG</c> lines.</summary>
    public IReadOnlyDictionary<string, string> Phi { get; init; } = new Dictionary<string, string> { ["clinic"] = ClinicPhi() };

    public string Masks { get; init; } = "{MRN: token, NAME: redact, DATE: year, SSN: redact, PHONE: partial, default: redact}";

    public string Limits { get; init; } = "{}";

    /// <summary>Whole further sections.</summary>
    public string More { get; init; } = "";

    /// <summary>What every target says about <c>mode</c>.</summary>
    public string TargetMode { get; init; } = "lineage";

    /// <summary>What every target says about <c>temporaryRoles</c>; nothing without.</summary>
    public string TemporaryRoles { get; init; } = "";

    public bool Tls { get; init; }

    /// <summary>Further keys of <c>listen:</c> and <c>tls:</c>, each beginning with a comma.</summary>
    public string ListenMore { get; init; } = "";

    public string TlsMore { get; init; } = "";

    /// <summary>A folder outside the data folder that remembers the ledger's size, or null.</summary>
    public string? Witness { get; init; }

    public static GatewaySettings For(PostgresServer server, LocalIssuer issuer, string database = "clinic") => new()
    {
        Local = issuer,
        Targets = [("clinic", server, database, PostgresServer.GatewayUser, PostgresServer.GatewayPassword)],
    };

    /// <summary>The tagged columns of the sample clinic, as its own table of identifiers says.</summary>
    public static string ClinicPhi() => string.Join('\n', File
        .ReadLines(Path.Combine(TestRun.Repository, "samples", "clinic", "phi_columns.csv"))
        .Skip(1)
        .Select(line => line.Split(','))
        .Where(fields => fields[4] == "yes")
        .Select(fields => $"clinic.{fields[0]}.{fields[1]}: {fields[3]}"));

    public string Yaml(int postgresPort, int apiPort, string dataDirectory)
    {
        var yaml = new StringBuilder();
        yaml.AppendLine("origin: gateway.example.test");
        yaml.AppendLine($"data: {dataDirectory}");
        if (Witness is not null)
        {
            yaml.AppendLine($"witness: {{directory: {Witness}}}");
        }

        yaml.AppendLine($"listen: {{postgres: 127.0.0.1:{postgresPort}, {(Tls ? "https" : "http")}: 127.0.0.1:{apiPort}{ListenMore}}}");
        if (Tls)
        {
            yaml.AppendLine($"tls: {{certificate: {TestCertificates.Instance.CertificateFile}, key: {TestCertificates.Instance.KeyFile}{TlsMore}}}");
            yaml.AppendLine($"publicUrl: https://localhost:{apiPort}");
        }
        else
        {
            yaml.AppendLine("insecureLoopback: true");
        }

        yaml.AppendLine("identity:");
        yaml.AppendLine($"  - {{issuer: {LocalIssuer.Issuer}, audience: {LocalIssuer.Audience}, jwks: {{file: {Local.KeyFile}}}, agents: {{claim: client_id, in: [agent-1, agent-2, agent-3, agent-nobody]}}}}");
        if (Provider is not null)
        {
            yaml.AppendLine($"  - {{issuer: \"{Provider.Issuer}\", audience: sallyport, algorithms: [ES256, RS256], agents: {{claim: client_id, in: [agent-1, agent-2, agent-nobody]}}}}");
        }

        yaml.AppendLine(Indented(MoreIssuers));
        yaml.AppendLine("targets:");
        foreach (var (name, server, database, user, password) in Targets)
        {
            yaml.AppendLine($"  - {{name: {name}, kind: postgres, address: \"127.0.0.1:{server.Port}\", database: {database}, mode: {TargetMode}, tls: disable, credential: {{user: {user}, password: {{file: {SecretFile(password)}}}}}{(TemporaryRoles.Length == 0 ? "" : $", temporaryRoles: {TemporaryRoles}")}}}");
        }

        yaml.AppendLine("grants:").AppendLine(Indented(Grants));
        yaml.AppendLine("phi:");
        foreach (var (target, columns) in Phi)
        {
            yaml.AppendLine($"  {target}:").AppendLine(Indented(columns, "    "));
        }

        yaml.AppendLine($"masks: {Masks}");
        yaml.AppendLine(Rules.Length == 0 ? "rules: []" : "rules:\n" + Indented(Rules));
        yaml.AppendLine("roles: {reviewer: [security-officers], operator: [operators], auditor: [auditors], developer: [developers]}");
        yaml.AppendLine($"limits: {Limits}");
        yaml.AppendLine(More);
        return yaml.ToString();
    }

    private static string Indented(string text, string by = "  ") =>
        string.Join('\n', text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => by + line.TrimEnd()));

    private static string SecretFile(string secret)
    {
        var path = Path.Combine(TestRun.Subdirectory("secret"), "password");
        File.WriteAllText(path, secret + "\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return path;
    }
}
