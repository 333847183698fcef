using System.Net;
using Sallyport.Gateway.Configuration;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Masking;
using Sallyport.Gateway.Policy;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Gateway.Configuration;

/// <summary>What a good file becomes.</summary>
public sealed class ConfigurationLoaderTests : IDisposable
{
    private const string Minimal = """
        origin: gateway.clinic.example
        data: ./data
        listen: {postgres: 127.0.0.1:6432, http: "localhost:8080"}
        insecureLoopback: true
        identity:
          - {issuer: https://login.clinic.example, audience: sallyport}
        targets:
          - {name: clinic, kind: postgres, address: db.internal, database: clinic, credential: {user: sallyport}}
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_a_small_file_leaves_out_has_the_documented_defaults()
    {
        var configuration = Load(Minimal);

        Assert.Equal("gateway.clinic.example", configuration.Origin);
        Assert.Equal(_folder.File("data"), configuration.DataDirectory);
        Assert.Null(configuration.WitnessDirectory);
        Assert.Equal(new IPEndPoint(IPAddress.Loopback, 6432), configuration.Listen.Postgres);
        Assert.Equal(new Uri("http://127.0.0.1:8080/"), configuration.PublicUrl);
        Assert.Equal(new LimitsConfiguration(), configuration.Limits);
        Assert.Null(configuration.Telemetry.OtlpEndpoint);
        var issuer = Assert.Single(configuration.Identity);
        Assert.Equal(IssuerOptions.DefaultAlgorithms, issuer.Algorithms);
        Assert.Equal(TimeSpan.FromSeconds(30), issuer.ClockSkew);
        Assert.Equal(TimeSpan.FromHours(1), issuer.KeysExpire);
        var target = Assert.Single(configuration.Targets);
        Assert.Equal(("db.internal", 5432, TargetTls.VerifyFull), (target.Host, target.Port, target.Tls));
        Assert.Empty(configuration.Policy.Grants);
        Assert.True(configuration.Policy.PhiOf("clinic").IsEmpty);
    }

    [Fact]
    public void The_example_of_the_architecture_is_read_as_it_is_meant()
    {
        File.WriteAllText(_folder.File("secret"), "s3cret\n");
        var configuration = Load(Minimal.Replace("credential: {user: sallyport}", "credential: {user: sallyport, password: {file: secret}}", StringComparison.Ordinal) + """

            roles: {reviewer: [security-officers]}
            grants:
              - {groups: [reporting-agents], target: clinic, allow: [read], schemas: [clinic], tables: [lab.results], until: 2026-12-31T00:00:00+01:00}
              - {name: etl, principals: ["agent:agent-etl", p_0123456789abcdef, "alice@https://login.clinic.example"], target: clinic, allow: [read, write, ddl]}
            phi:
              clinic:
                clinic.patients.mrn: MRN
                clinic.patients.first_name: NAME
                clinic."we.ird".birth_date: DATE
            masks: {MRN: token, NAME: "null", DATE: year, default: partial}
            predicates: {NAME: search, MRN: none, default: strict}
            functions: {clinic: [clinic.age_band]}
            rules:
              - {name: no-destructive-ddl, match: {effects: [drop, truncate]}, verdict: deny, remedy: Ask the ward.}
              - {name: unbounded-write, match: {effects: [update, delete], unbounded: true, kinds: agent}, verdict: deny}
              - {name: identifiers, match: {phi: [MRN], groups: reporting-agents, target: clinic}, verdict: deny}
              - {name: writes, match: {class: write, phi: false}, verdict: ask, approvers: [security-officers], hold: 45s, expires: 1h}
            """);

        Assert.Equal("s3cret", Assert.Single(configuration.Targets).Password!.Read());
        var policy = configuration.Policy;
        Assert.Equal(configuration.Hash, policy.Hash);
        Assert.Equal(["grant-1", "etl"], policy.Grants.Select(g => g.Name));
        Assert.Equal(new RelationName("lab", "results"), Assert.Single(policy.Grants[0].Tables));
        Assert.Equal(new DateTimeOffset(2026, 12, 30, 23, 0, 0, TimeSpan.Zero), policy.Grants[0].Until);
        Assert.Equal([CommandClass.Read, CommandClass.Write, CommandClass.Ddl], policy.Grants[1].Allow);
        Assert.Equal(
            [
                new PrincipalMatch { Kind = PrincipalKind.Agent, Name = "agent-etl" },
                new PrincipalMatch { Id = "p_0123456789abcdef" },
                new PrincipalMatch { Name = "alice", Issuer = "https://login.clinic.example" },
            ],
            policy.Grants[1].Principals);
        var phi = policy.PhiOf("clinic");
        Assert.Equal("DATE", phi.TagOf("clinic", "we.ird", "birth_date"));
        Assert.Equal(new MaskOperator.Null(), phi.MaskFor("NAME"));
        Assert.Equal(new MaskOperator.Partial(), phi.MaskFor("ADDRESS"));
        Assert.Equal([new DeclaredFunction("clinic", "age_band", null, FunctionTrust.Pure, null)], policy.Target("clinic")!.Functions);
        var levels = policy.Target("clinic")!.Predicates;
        Assert.Equal([PredicateLevel.Search, PredicateLevel.None, PredicateLevel.Strict], new[] { "NAME", "MRN", "DATE" }.Select(levels.For));
        Assert.Equal("Ask the ward.", policy.Rules[0].Remedy);
        Assert.Equal(Effects.Drop | Effects.Truncate, policy.Rules[0].Match.Effects);
        Assert.Equal([PrincipalKind.Agent], policy.Rules[1].Match.Kinds);
        Assert.Equal(["MRN"], policy.Rules[2].Match.Tags);
        Assert.Equal(["clinic"], policy.Rules[2].Match.Targets);
        Assert.Equal(RuleDecision.Ask, policy.Rules[3].Decision);
        Assert.False(policy.Rules[3].Match.Phi);
        Assert.Equal((TimeSpan.FromSeconds(45), TimeSpan.FromHours(1)), (policy.Rules[3].Hold, policy.Rules[3].Expires));
    }

    [Theory]
    [InlineData("partial", "Partial { Kind = Partial, IsConstant = False, NeedsStoredKey = False, Keep = 4, KeepsDomain = False }")]
    [InlineData("{mask: partial, keep: 2}", "Partial { Kind = Partial, IsConstant = False, NeedsStoredKey = False, Keep = 2, KeepsDomain = False }")]
    [InlineData("{mask: partial, keep: domain}", "Partial { Kind = Partial, IsConstant = False, NeedsStoredKey = False, Keep = 4, KeepsDomain = True }")]
    [InlineData("token", "Token { Kind = Token, IsConstant = False, NeedsStoredKey = False, Scope = Session }")]
    [InlineData("{mask: token, scope: run}", "Token { Kind = Token, IsConstant = False, NeedsStoredKey = True, Scope = Run }")]
    [InlineData("{mask: date-shift, key: a.b.id}", "DateShift { Kind = DateShift, IsConstant = False, NeedsStoredKey = True, Keys = a.b.id }")]
    [InlineData("same-shape", "SameShape { Kind = SameShape, IsConstant = False, NeedsStoredKey = False }")]
    [InlineData("age", "Age { Kind = Age, IsConstant = False, NeedsStoredKey = False }")]
    [InlineData("sentinel", "Sentinel { Kind = Sentinel, IsConstant = True, NeedsStoredKey = False }")]
    [InlineData("{constant: withheld}", "Constant { Kind = Constant, IsConstant = True, NeedsStoredKey = False, Value = withheld }")]
    [InlineData("{mask: constant, constant: 0}", "Constant { Kind = Constant, IsConstant = True, NeedsStoredKey = False, Value = 0 }")]
    [InlineData("{mask: null}", "Null { Kind = Null, IsConstant = True, NeedsStoredKey = False }")]
    [InlineData("{mask: zip3, sparse: zips.txt}", "Zip3 { Kind = Zip3, IsConstant = False, NeedsStoredKey = False, Sparse = 001 999 }")]
    public void A_mask_is_a_name_or_a_map(string written, string expected)
    {
        File.WriteAllText(_folder.File("zips.txt"), "# 2020\n999 001\n");
        var phi = Load(Minimal + $"\nphi: {{clinic: {{a.b.c: MRN}}}}\nmasks: {{MRN: {written}}}").Policy.PhiOf("clinic");
        Assert.Equal(expected, phi.MaskFor("MRN").ToString());
    }

    [Fact]
    public void A_column_without_phi_in_a_tagged_table_is_declared_as_none()
    {
        var phi = Load(Minimal + "\nphi: {clinic: {a.b.c: MRN, a.b.d: none}}").Policy.PhiOf("clinic");
        Assert.Equal(["c"], phi.Columns.Select(column => column.Column));
        Assert.Equal(["d"], phi.Clean.Select(column => column.Column));
        Assert.Null(phi.TagOf("a", "b", "d"));
    }

    [Fact]
    public void A_function_is_pinned_by_its_signature_and_the_hash_of_its_definition()
    {
        var pin = new string('0', 64);
        var configuration = Load(Minimal + $$"""

            functions:
              clinic:
                clinic.age_band(date): {verdict: clean, sha256: {{pin}}}
                "clinic.label(int, text)": {verdict: tainting, sha256: {{pin}}}
            """);
        Assert.Equal(
            [
                new DeclaredFunction("clinic", "age_band", "date", FunctionTrust.Clean, pin),
                new DeclaredFunction("clinic", "label", "integer,text", FunctionTrust.Tainting, pin),
            ],
            configuration.Policy.Target("clinic")!.Functions);
    }

    [Fact]
    public void The_sample_of_the_clinic_is_a_good_file()
    {
        var sample = Path.Combine(RepositoryRoot(), "samples", "config", "clinic.yaml");
        Environment.SetEnvironmentVariable("SALLYPORT_CLINIC_PASSWORD", "x");

        var result = ConfigurationLoader.Load(sample);

        Assert.Empty(result.Problems);
        Assert.Equal(35, result.Configuration!.Policy.PhiOf("clinic").Columns.Count);
    }

    [Fact]
    public void The_hash_is_the_files_own_whatever_its_line_ends()
    {
        var lf = Load(Minimal);
        var crlf = Load("\uFEFF" + Minimal.Replace("\n", "\r\n", StringComparison.Ordinal));
        var other = Load(Minimal + "\n# changed");

        Assert.Matches("^[0-9a-f]{64}$", lf.Hash);
        Assert.Equal(lf.Hash, crlf.Hash);
        Assert.NotEqual(lf.Hash, other.Hash);
    }

    [Fact]
    public void Every_limit_can_be_set()
    {
        var limits = Load(Minimal + """

            limits:
              messageBytes: 8MiB
              statementBytes: 65536
              tokenBytes: 8KiB
              startupTimeout: 5s
              pendingStartups: 10
              sessions: 20
              sessionsPerPrincipal: 3
              idle: 15m
              sessionLifetime: 2h
              tokenGrace: 0s
              haltedFor: 500ms
              approvalsPending: 7
              approvalsPendingPerPrincipal: 2
              shutdownTimeout: 1m
            """).Limits;

        Assert.Equal(
            new LimitsConfiguration
            {
                MessageBytes = 8 * 1024 * 1024,
                StatementBytes = 65536,
                TokenBytes = 8192,
                StartupTimeout = TimeSpan.FromSeconds(5),
                PendingStartups = 10,
                Sessions = 20,
                SessionsPerPrincipal = 3,
                Idle = TimeSpan.FromMinutes(15),
                SessionLifetime = TimeSpan.FromHours(2),
                TokenGrace = TimeSpan.Zero,
                HaltedFor = TimeSpan.FromMilliseconds(500),
                ApprovalsPending = 7,
                ApprovalsPendingPerPrincipal = 2,
                ShutdownTimeout = TimeSpan.FromMinutes(1),
            },
            limits);
    }

    [Fact]
    public void Without_a_reviewer_role_the_approvers_of_the_rules_are_the_reviewers()
    {
        var configuration = Load(Minimal + """

            rules:
              - {name: writes, match: {class: write}, verdict: ask, approvers: [officers]}
              - {name: ddl, match: {class: ddl}, verdict: ask, approvers: [officers, owners]}
            """);

        Assert.Equal(["officers", "owners"], configuration.Roles.Reviewer);
    }

    [Fact]
    public void A_warning_does_not_refuse_the_file()
    {
        File.WriteAllText(_folder.File("secret"), "x");
        File.SetUnixFileMode(_folder.File("secret"), UnixFileMode.UserRead | UnixFileMode.OtherRead);
        File.WriteAllText(_folder.File("c.yaml"), Minimal.Replace("{user: sallyport}", "{user: sallyport, password: {file: secret}}, tls: disable", StringComparison.Ordinal));

        var result = ConfigurationLoader.Load(_folder.File("c.yaml"));

        Assert.NotNull(result.Configuration);
        Assert.Equal(2, result.Problems.Length);
        Assert.All(result.Problems, p => Assert.True(p.IsWarning));
        Assert.Contains(result.Problems, p => p.ToString().EndsWith($":8: warning: every user of this machine can read {_folder.File("secret")} - chmod 0640, with the gateway's group", StringComparison.Ordinal));
    }

    private GatewayConfiguration Load(string text)
    {
        File.WriteAllText(_folder.File("c.yaml"), text);
        if (File.Exists(_folder.File("secret")))
        {
            File.SetUnixFileMode(_folder.File("secret"), UnixFileMode.UserRead);
        }
        var result = ConfigurationLoader.Load(_folder.File("c.yaml"));
        Assert.Empty(result.Problems);
        return result.Configuration!;
    }

    private static string RepositoryRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "Sallyport.slnx")))
        {
            directory = directory.Parent!;
        }
        return directory.FullName;
    }
}
