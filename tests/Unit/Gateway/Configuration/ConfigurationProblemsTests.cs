using Sallyport.Gateway.Configuration;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Gateway.Configuration;

/// <summary>What is said about a bad file: every problem, on its line, with its remedy.</summary>
public sealed class ConfigurationProblemsTests : IDisposable
{
    private const string Good = SampleText.Targets + """
        roles: {reviewer: [officers]}
        grants:
          - {name: reporting, groups: [agents], target: clinic, allow: [read]}
        phi: {clinic: {clinic.patients.mrn: MRN}}
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Seventeen_mistakes_give_seventeen_problems_on_their_lines()
    {
        var problems = Load("""
            origin: not a host
            data: ./data
            listne: {postgres: 127.0.0.1:6432}
            listen: {postgres: 0.0.0.0:6432, http: 127.0.0.1:8080}
            identity:
              - issuer: http://login.clinic.example
                audience: sallyport
                algorithms: [RS256, HS256]
                clockSkew: 30
            targets:
              - name: clinic
                kind: mysql
                address: db.internal:99999
                database: clinic
                credential: {user: sallyport, password: hunter2}
            grants:
              - {groups: [agents], target: klinic, allow: [read, admin]}
            phi:
              clinic:
                patients.mrn: MRN
            masks: {MRN: tokn}
            rules:
              - {name: writes, match: {class: wirte, efects: [update]}, verdict: ask}
            limits: {sessions: 0}
            """);

        Assert.Equal(
            [
                "1 origin cannot name a ledger - write a host name of your own, without spaces and +, of at most 255 characters",
                "3 listne is not known - did you mean listen?",
                "4 postgres listens beyond loopback, where tokens are taken inside TLS only - add tls: {certificate: FILE, key: FILE}",
                "6 issuer is not an https address (http is for loopback only) - write it exactly as the token's iss, or name its keys with jwks",
                "8 algorithm HS256 cannot be used - did you mean RS256?",
                "9 identity[1].clockSkew is not a duration - write a number and ms, s, m, h or d, such as 30s",
                "12 targets[1].kind cannot be \"mysql\" - use one of: postgres",
                "13 address is not a host and a port - write HOST:PORT, such as db.internal:5432 or [fd00::1]:5432",
                "15 the password stands in the file itself - put it elsewhere, and write password: {file: PATH} or {env: NAME}",
                "17 target klinic does not exist in this file - did you mean clinic?",
                "17 admin cannot be granted - use one of: read, write, ddl",
                "20 patients.mrn is not a column's name - write schema.table.column",
                "21 the mask of MRN does not exist - did you mean token?",
                "23 rules[1].approvers is missing - add it",
                "23 class wirte cannot be matched - did you mean write?",
                "23 rules[1].match.efects is not known - did you mean effects?",
                "24 limits.sessions is out of range - choose between 1 and 1000000",
            ],
            problems.OrderBy(p => p.Line).ThenBy(p => p.Message.StartsWith("rules[1].approvers", StringComparison.Ordinal) ? 0 : 1).Select(p => $"{p.Line} {p.Message} - {p.Remedy}"));
        Assert.All(problems, p => Assert.DoesNotContain("hunter2", p.ToString()));
    }

    [Theory]
    [InlineData("publicUrl: ftp://x", "publicUrl is not a web address")]
    [InlineData("insecureLoopback2: true", "insecureLoopback2 is not known")]
    [InlineData("witness: ./elsewhere", "witness is not a map")]
    [InlineData("witness: {}", "witness names nothing")]
    [InlineData("telemetry: {otlp: nowhere}", "telemetry.otlp is not a web address")]
    [InlineData("tls: {certificate: missing.pem, key: missing.key}", "file FOLDER/missing.pem cannot be read|file FOLDER/missing.key cannot be read")]
    [InlineData("tls: {certificate: c.yaml, key: c.yaml}", "FOLDER/c.yaml and FOLDER/c.yaml are not a certificate and its key")]
    [InlineData("rules: nothing", "rules is not a list")]
    [InlineData("rules: [nothing]", "rules[1] is not a map")]
    [InlineData("rules: [{name: r, match: {}}]", "rules[1].verdict is missing")]
    [InlineData("rules: [{name: r, verdict: deny}]", "rules[1].match is missing")]
    [InlineData("rules: [{match: {}, verdict: deny}]", "rules[1].name is missing")]
    [InlineData("rules: [{name: R 1, match: {}, verdict: deny}]", "R 1 cannot be a name here")]
    [InlineData("rules: [{name: no-grant, match: {}, verdict: deny}]", "no-grant cannot be a name here")]
    [InlineData("rules: [{name: r, match: {}, verdict: maybe}]", "rules[1].verdict cannot be \"maybe\"")]
    [InlineData("rules: [{name: r, match: {}, verdict: deny}, {name: r, match: {}, verdict: deny}]", "rule r stands here a second time")]
    [InlineData("rules: [{name: r, match: {}, verdict: deny, hold: 5s}]", "hold means nothing without verdict: ask")]
    [InlineData("rules: [{name: r, match: {}, verdict: ask, approvers: [officer]}]", "approver group officer does not have the reviewer role")]
    [InlineData("rules: [{name: r, match: {}, verdict: ask, approvers: officers, hold: 1m, expires: 30s}]", "hold is longer than expires")]
    [InlineData("rules: [{name: r, match: {}, verdict: ask, approvers: officers, hold: 10m}]", "rules[1].hold is out of range")]
    [InlineData("rules: [{name: r, match: {effects: [dorp]}, verdict: deny}]", "effect dorp does not exist")]
    [InlineData("rules: [{name: r, match: {class: admin}, verdict: deny}]", "class admin cannot be matched")]
    [InlineData("rules: [{name: r, match: {target: klinic}, verdict: deny}]", "target klinic does not exist in this file")]
    [InlineData("rules: [{name: r, match: {groups: [agnets]}, verdict: deny}]", "group agnets does not exist in this file")]
    [InlineData("rules: [{name: r, match: {phi: [SSN]}, verdict: deny}]", "tag SSN does not exist in this file")]
    [InlineData("rules: [{name: r, match: {tables: [patients]}, verdict: deny}]", "patients is not a table's name")]
    [InlineData("rules: [{name: r, match: {kinds: [robot]}, verdict: deny}]", "kind robot does not exist")]
    [InlineData("rules: [{name: r, match: {unbounded: yes}, verdict: deny}]", "rules[1].match.unbounded is neither true nor false")]
    [InlineData("rules: [{name: r, match: {schemas: []}, verdict: deny}]", "rules[1].match.schemas is an empty list")]
    [InlineData("rules: [{name: r, match: {schemas: [{a: b}]}, verdict: deny}]", "rules[1].match.schemas holds something that is not a text")]
    [InlineData("predicates: {SSN: none}", "tag SSN does not exist in this file")]
    [InlineData("predicates: {MRN: serach}", "the predicate level of MRN does not exist")]
    [InlineData("predicates: {MRN: [search]}", "the predicate level of MRN does not exist")]
    [InlineData("masks: {SSN: redact}", "tag SSN does not exist in this file")]
    [InlineData("masks: {MRN: [a]}", "the mask of MRN does not exist")]
    [InlineData("masks: {MRN: constant}", "the constant of MRN is missing")]
    [InlineData("masks: {MRN: {mask: constant}}", "the constant of MRN is missing")]
    [InlineData("masks: {MRN: {}}", "masks.MRN.mask is missing")]
    [InlineData("masks: {MRN: {mask: tokn}}", "masks.MRN.mask cannot be \"tokn\"")]
    [InlineData("masks: {MRN: {mask: token, kep: 4}}", "masks.MRN.kep is not known")]
    [InlineData("masks: {MRN: {mask: token, keep: 4}}", "masks.MRN.keep is not known")]
    [InlineData("masks: {MRN: {mask: partial, keep: 5}}", "5 cannot be kept")]
    [InlineData("masks: {MRN: {mask: partial, constant: x}}", "partial takes no constant")]
    [InlineData("masks: {MRN: {constant: \"a\\nb\"}}", "the constant is too long, or holds a control character")]
    [InlineData("masks: {MRN: {mask: zip3, sparse: none}}", "file FOLDER/none cannot be read")]
    [InlineData("masks: {MRN: {mask: zip3, sparse: c.yaml}}", "file FOLDER/c.yaml is not a list of areas")]
    [InlineData("masks: {SSN: {mask: zip3}}", "tag SSN does not exist in this file")]
    [InlineData("masks: {MRN: date-shift}", "date-shift of MRN has no key")]
    [InlineData("masks: {MRN: {mask: date-shift}}", "masks.MRN.key is missing")]
    [InlineData("masks: {MRN: {mask: date-shift, key: patient_id}}", "patient_id is not a column's name")]
    [InlineData("masks: {MRN: {mask: token, scope: runs}}", "masks.MRN.scope cannot be \"runs\"")]
    [InlineData("maskKeys: {}", "maskKeys needs exactly one of file and env")]
    [InlineData("maskKeys: {file: c.yaml}", "the mask keys cannot be used: line 1 is not an epoch (1 to 9999) and 64 hexadecimal digits")]
    [InlineData("maskKeys: {env: SALLYPORT_TEST_UNSET}", "the mask keys cannot be used: environment variable SALLYPORT_TEST_UNSET is not set")]
    [InlineData("functions: {clinic: [age]}", "this is not a function's name")]
    [InlineData("functions: {klinic: [a.b]}", "target klinic does not exist in this file")]
    [InlineData("functions: {clinic: {a.b(date): clean}}", "a.b(date) has no verdict")]
    [InlineData("functions: {clinic: {a.b(date): {verdict: clean}}}", "a.b(date): sha256 is missing")]
    [InlineData("functions: {clinic: {a.b(date): {verdict: clean, sha256: abc}}}", "the sha256 of a.b(date) is not one")]
    [InlineData("functions: {clinic: {a.b(date): {verdict: safe, sha256: 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef}}}", "a.b(date): verdict cannot be \"safe\"")]
    [InlineData("functions: {clinic: {a.b: {verdict: clean, sha256: 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef}}}", "a.b is not a function's signature")]
    [InlineData("limits: {messageBytes: 64KiB}", "statementBytes is larger than messageBytes")]
    [InlineData("limits: {messageBytes: lots}", "limits.messageBytes is not a size")]
    [InlineData("limits: {sessions: many}", "limits.sessions is not a number")]
    [InlineData("limits: {idle: {}}", "limits.idle is not a text")]
    [InlineData("origin: again", "origin stands here a second time")]
    [InlineData("limits: &anchor {sessions: 1}", "an anchor (&) or a tag (!) stands here")]
    [InlineData("limits: {sessions: !!int 1}", "an anchor (&) or a tag (!) stands here")]
    [InlineData("? [a]\n: b", "a key has to be a text")]
    [InlineData("---\nsecond: document", "the file holds a second document")]
    public void A_mistake_added_to_a_good_file_is_the_only_problem(string addition, string messages)
    {
        var problems = Load(Good + "\n" + addition);

        Assert.Equal(messages.Replace("FOLDER", _folder.Path, StringComparison.Ordinal), string.Join('|', problems.Where(p => !p.IsWarning).Select(p => p.Message)));
        Assert.All(problems, p => Assert.True(p.Line >= 13));
    }

    [Theory]
    [InlineData("audience: sallyport}", "audience: sallyport, jwks: {}}", "jwks needs exactly one of file and url")]
    [InlineData("audience: sallyport}", "audience: sallyport, jwks: {file: none}}", "file FOLDER/none cannot be read")]
    [InlineData("audience: sallyport}", "audience: sallyport, jwks: {file: c.yaml}}", "file FOLDER/c.yaml: the key set is not a JSON Web Key Set")]
    [InlineData("audience: sallyport}", "audience: sallyport, jwks: {url: http://far.example/keys}}", "keys are fetched by https only (http is for loopback)")]
    [InlineData("audience: sallyport}", "audience: sallyport, agents: {claim: client_id}}", "identity[1].agents.in is missing")]
    [InlineData("audience: sallyport}", "audience: sallyport, keysExpire: 5m}", "keysExpire is shorter than keysRefresh")]
    [InlineData(", audience: sallyport}", "}", "identity[1].audience is missing")]
    [InlineData("database: clinic,", "", "targets[1].database is missing")]
    [InlineData("name: clinic,", "name: cli nic,", "cli nic cannot be a target's name|target clinic does not exist in this file|target clinic does not exist in this file")]
    [InlineData("{user: sallyport}", "{user: sallyport, password: {}}", "password needs exactly one of file and env")]
    [InlineData("{user: sallyport}", "{user: sallyport, password: {env: SALLYPORT_TEST_UNSET}}", "environment variable SALLYPORT_TEST_UNSET is not set")]
    [InlineData("{user: sallyport}", "{user: sallyport}, ca: c.yaml, tls: require", "ca is given, but the server's certificate is not checked")]
    [InlineData("groups: [agents], ", "", "the grant is for nobody")]
    [InlineData("allow: [read]", "allow: [session]", "session cannot be granted")]
    [InlineData("allow: [read]", "allow: []", "grants[1].allow is an empty list")]
    [InlineData("allow: [read]", "allow: [read], from: 2026-01-01", "grants[1].from is not an instant")]
    [InlineData("allow: [read]", "allow: [read], from: 2026-01-01T00:00:00", "grants[1].from is not an instant")]
    [InlineData("allow: [read]", "allow: [read], from: 2026-01-02T00:00:00Z, until: 2026-01-01T00:00:00Z", "until is not after from")]
    [InlineData("clinic.patients.mrn: MRN", "clinic.patients.mrn: mrn", "the tag of clinic.patients.mrn is not a tag's name")]
    [InlineData("clinic.patients.mrn: MRN", "clinic.patients.mrn: MRN, clinic.\"patients\".mrn: MRN", "clinic.\"patients\".mrn is tagged a second time")]
    [InlineData("http: 127.0.0.1:8080", "http: 0.0.0.0:8080", "http is for loopback only, since it carries tokens")]
    [InlineData("http: 127.0.0.1:8080", "https: 0.0.0.0:8443", "https needs a certificate")]
    [InlineData(", http: 127.0.0.1:8080", "", "neither https nor http is given, so nobody could approve anything")]
    [InlineData("http: 127.0.0.1:8080", "http: db.internal:8080", "listen.http is not an address to listen on")]
    [InlineData("insecureLoopback: true", "insecureLoopback: false", "postgres has no TLS, so no token would be taken")]
    public void A_mistake_put_into_a_good_file_is_found(string good, string bad, string messages)
    {
        Assert.Contains(good, Good);

        var problems = Load(Good.Replace(good, bad, StringComparison.Ordinal));

        Assert.Equal(messages.Replace("FOLDER", _folder.Path, StringComparison.Ordinal), string.Join('|', problems.Select(p => p.Message)));
    }

    [Fact]
    public void With_two_issuers_a_principal_has_to_say_whose()
    {
        var two = Good.Replace("targets:", "  - {issuer: https://other.example, audience: sallyport}\ntargets:", StringComparison.Ordinal);

        var problem = Assert.Single(Load(two.Replace("groups: [agents]", "principals: [alice]", StringComparison.Ordinal)));

        Assert.Equal("principal alice may exist at each of 2 issuers", problem.Message);
        Assert.Equal("write NAME@ISSUER", problem.Remedy);
    }

    [Theory]
    [InlineData("", 1, "the file is empty")]
    [InlineData("just a text", 1, "the file is not a map")]
    [InlineData("a: b\nc: [d", 3, "the file is not valid YAML here")]
    [InlineData("a: *b", 1, "an alias (*) stands here")]
    [InlineData("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", 1, "the file is not valid YAML here")]
    public void A_file_that_is_no_configuration_at_all_is_told_so(string text, int line, string message)
    {
        var problem = Load(text)[0];

        Assert.Equal(message, problem.Message);
        Assert.InRange(problem.Line, 1, line);
    }

    [Fact]
    public void A_file_that_is_missing_or_too_long_is_a_problem_like_any_other()
    {
        Assert.Equal("the file cannot be read", Assert.Single(ConfigurationLoader.Load(_folder.File("none.yaml")).Problems).Message);
        Assert.StartsWith("the file is longer than", Assert.Single(Load(new string('#', ConfigurationLoader.MaxFileBytes + 1))).Message);
    }

    [Fact]
    public void Endless_problems_are_counted_and_not_all_told()
    {
        var problems = Load(Good + "\n" + string.Join('\n', Enumerable.Range(0, Problems.MaxTold + 50).Select(i => $"unknown{i}: x")));

        Assert.Equal(Problems.MaxTold + 1, problems.Count);
        Assert.Equal("and 50 more problems", problems[^1].Message);
    }

    private List<ConfigurationProblem> Load(string text)
    {
        File.WriteAllText(_folder.File("c.yaml"), text);
        var result = ConfigurationLoader.Load(_folder.File("c.yaml"));
        Assert.Null(result.Configuration);
        return [.. result.Problems];
    }
}
