using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;
using Sallyport.EndToEnd.Support;
using Sallyport.EndToEnd.Systems;

namespace Sallyport.EndToEnd.Access;

/// <summary>Access that is asked for, given by two people, used within its scope, and gone at its end or when somebody takes it back.</summary>
public sealed partial class AccessStoryTests(AccessStoryTests.Fixture fixture) : IClassFixture<AccessStoryTests.Fixture>
{
    [Fact]
    public async Task An_agent_without_a_grant_gets_one_from_two_people_and_loses_it_at_its_end()
    {
        var agent = fixture.Gateway.Cli("agent") with { Token = fixture.Tokens["agent"] };
        var psql = fixture.Gateway.Psql(agent.Token!);

        // 1. Refused, with the exact line to run.
        var refused = (await psql.QueryAsync("SELECT count(*) FROM clinic.encounters")).Expect(2);
        var line = LinePattern.Match(refused.Error);
        Assert.True(line.Success, refused.Error);
        Assert.Equal("sallyport access request --target clinic --allow read --tables clinic.encounters --for 20s --reason \"...\"", line.Value);

        // 2. Asked for by that line, as a shell reads it.
        (await ShellAsync(agent, line.Value)).Expect(2);
        var request = (await agent.JsonAsync("access", "list")).GetProperty("requests")[0].GetProperty("id").GetString()!;
        (await agent.RunAsync("wait", request, "--timeout", "1s")).Expect(2);

        // 3. The wrong people cannot decide: the agent itself, its human, whoever runs or audits the gateway.
        await NobodyOfTheseDecidesAsync(agent, request);

        // 4. One person twice is one person; two are enough.
        (await Person("bob").RunAsync("access", "approve", request)).Expect(0);
        (await Person("bob").RunAsync("access", "approve", request)).Expect(6);
        (await psql.QueryAsync("SELECT 1")).Expect(2);
        var granted = (await Person("carol").JsonAsync("access", "approve", request, "--reason", "ticket 7")).GetProperty("grant").GetString()!;
        var given = TimeProvider.System.GetTimestamp();
        (await agent.RunAsync("wait", request, "--timeout", "30s")).Expect(0);

        // 5. Open within its scope, shut outside: by the gateway, and by the database itself.
        await using var session = PsqlSession.Start(psql);
        var role = await session.AskAsync("SELECT current_user");
        Assert.Matches("^sallyport_s_[0-9a-f]{20}$", role);
        Assert.True(int.Parse(await session.AskAsync("SELECT count(*) FROM clinic.encounters"), CultureInfo.InvariantCulture) > 0);
        var outside = await session.FailAsync("SELECT count(*) FROM clinic.patients");
        Assert.Contains("no grant opens read of clinic.patients", outside);
        Assert.DoesNotContain("sallyport access", outside);
        await DatabaseRefusesAsync(
            role, "SELECT count(*) FROM clinic.encounters", "SELECT count(*) FROM clinic.patients", "DELETE FROM clinic.encounters", "UPDATE clinic.encounters SET description = description", "CREATE TABLE clinic.mine (n integer)");
        (await agent.RunAsync("access", "explain", "SELECT count(*) FROM clinic.encounters", "--target", "clinic")).Expect(0);
        (await agent.RunAsync("access", "explain", "DELETE FROM clinic.encounters", "--target", "clinic")).Expect(1);
        Assert.True(int.Parse(await session.AskAsync("SELECT count(*) FROM clinic.encounters"), CultureInfo.InvariantCulture) > 0);

        // 6. At its end, in the middle of the session, the next command is refused, and nothing is left of the role.
        await TestRun.UntilAsync("the grant is over", async () => !(await Person("audrey").JsonAsync("access", "show", granted)).GetProperty("active").GetBoolean());
        Assert.True(TimeProvider.System.GetElapsedTime(given) > TimeSpan.FromSeconds(19));
        // Judged without the grant at once; a moment later the session itself is ended.
        Assert.Matches($"(?s)(NOT EXECUTED - refused by no-grant: .*{granted} ended at)|(the last grant of this session, {granted}, has ended: expired)", await session.FailAsync("SELECT count(*) FROM clinic.encounters"));
        Assert.Contains("sallyport access request", (await psql.QueryAsync("SELECT 1")).Expect(2).Error);
        await NothingIsLeftAsync(role);

        // 7. The bundle of the session is one chain, and it verifies.
        var evidence = await ChainAsync(role, request, granted);
        Assert.Equal(3, evidence.OfKind("access.decision").Count(d => d.GetProperty("decision").GetString() == "refused" && d.GetProperty("by_kind").GetString() == "human"));
        Assert.Equal("expired", Assert.Single(evidence.OfKind("grant.end")).GetProperty("reason").GetString());
    }

    [Fact]
    public async Task Taken_back_while_something_runs_it_is_cancelled_within_a_second_and_the_client_sees_why()
    {
        var agent = fixture.Gateway.Cli("agent-2") with { Token = Shared.Issuer.Agent("agent-2", onBehalfOf: "dora", runId: "run-revoked") };
        var took = TimeSpan.MaxValue;

        // Other programs use the same two cores: the best of three counts.
        for (var attempt = 0; attempt < 3 && took > TimeSpan.FromSeconds(1); attempt++)
        {
            took = await RevokeWhileSleepingAsync(agent);
        }

        TestContext.Current.SendDiagnosticMessage($"from the answer to the revocation to the client's error: {took.TotalMilliseconds:0} ms");
        Assert.InRange(took, TimeSpan.Zero, TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task What_runs_under_a_grant_ends_with_it_also_where_another_one_is_left()
    {
        var agent = fixture.Gateway.Cli("agent-3") with { Token = Shared.Issuer.Agent("agent-3", onBehalfOf: "dora", groups: "reporting-agents standing-agents", runId: "run-two") };
        (await agent.RunAsync("access", "request", "--target", "clinic", "--allow", "read", "--tables", "clinic.encounters", "--for", "20s", "--reason", "x")).Expect(2);
        var request = (await agent.JsonAsync("access", "list")).GetProperty("requests")[0].GetProperty("id").GetString()!;
        (await Person("bob").RunAsync("access", "approve", request)).Expect(0);
        var grant = (await Person("carol").JsonAsync("access", "approve", request)).GetProperty("grant").GetString()!;
        var psql = fixture.Gateway.Psql(agent.Token!);

        // A portal that a row limit suspends, one statement that runs under this grant, and one under the other.
        using var raw = await RawClient.ConnectAsync(fixture.Gateway.PostgresPort);
        await raw.SendAsync(RawClient.Startup("agent-3", "clinic"));
        await raw.SendAsync(RawClient.Password(agent.Token!));
        await raw.ReadToReadyAsync();
        await raw.RoundTripAsync(RawClient.Query("BEGIN"));
        var rows = await raw.RoundTripAsync([
            .. RawClient.Parse("", "SELECT encounter_id FROM clinic.encounters"), .. RawClient.Bind("p", "", binaryResults: false), .. RawClient.Execute("p", 2), .. RawClient.Sync]);
        Assert.Equal(2, rows.Count(m => m.Type == 'D'));
        await using var sleeping = ChildProcess.Start(psql.Launch("--command", "SELECT pg_sleep(60), count(*) FROM clinic.encounters"));
        await using var other = ChildProcess.Start(psql.Launch("--command", "SELECT pg_sleep(8), count(*) FROM clinic.organizations"));
        sleeping.Input.Close();
        other.Input.Close();
        await TestRun.UntilAsync("both sleep", async () => (long)(await fixture.Server.ScalarAsync(
            "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep(%, count(*)%' AND pid <> pg_backend_pid()", fixture.Database))! == 2);
        (await Person("bob").RunAsync("access", "revoke", grant, "--reason", "enough")).Expect(0);
        Assert.Contains($"grant {grant} has ended while a statement ran that needs it: revoked by bob: enough", (await sleeping.WaitAsync()).Error);
        var more = await raw.RoundTripAsync([.. RawClient.Execute("p", 2), .. RawClient.Sync]);
        Assert.DoesNotContain(more, m => m.Type == 'D');
        Assert.Contains("no-grant", Assert.Single(more, m => m.Type == 'E').Field('M'));
        (await other.WaitAsync()).Expect(0);
    }

    [Fact]
    public async Task An_emergency_is_open_at_once_marked_everywhere_and_stays_work_until_somebody_else_looked()
    {
        var oscar = Person("oscar");
        (await Person("alice").RunAsync("access", "break-glass", "--target", "clinic", "--reason", "x")).Expect(4);
        var grant = (await oscar.JsonAsync("access", "break-glass", "--target", "clinic", "--reason", "ward is down")).GetProperty("id").GetString()!;
        var psql = fixture.Gateway.Psql(oscar.Token!, user: "oscar");
        (await psql.QueryAsync("SELECT count(*) FROM clinic.patients")).Expect(0);
        (await psql.QueryAsync("DROP TABLE clinic.patients")).Expect(1);
        await TestRun.UntilAsync("the emergency is over", async () => !(await oscar.JsonAsync("access", "show", grant)).GetProperty("active").GetBoolean());
        Assert.Contains(grant, (await Person("bob").RunAsync("access", "list")).Expect(0).Output);
        (await oscar.RunAsync("access", "review", grant, "--note", "all fine")).Expect(4);
        (await Person("bob").RunAsync("access", "review", grant, "--note", "one count, about the incident")).Expect(0);
        Assert.DoesNotContain(grant, (await Person("bob").RunAsync("access", "list")).Expect(0).Output);

        var evidence = await ExportedEvidence.ExportAsync(fixture.Gateway, Shared.Issuer);
        Assert.Single(evidence.OfKind("breakglass.open"), r => r.GetProperty("grant").GetString() == grant);
        Assert.Contains(evidence.OfKind("breakglass.review"), r => r.GetProperty("grant").GetString() == grant && r.GetProperty("decision").GetString() == "reviewed");
        Assert.Contains(evidence.OfKind("intent"), r => r.TryGetProperty("grant", out var g) && g.GetString() == grant && r.GetProperty("break_glass").GetInt32() == 1);
        Assert.Contains(evidence.OfKind("deny"), r => r.TryGetProperty("break_glass", out _));
    }

    [GeneratedRegex("sallyport access request [^\n]*\"\\.\\.\\.\"", RegexOptions.None, 1000)]
    private static partial Regex LinePattern { get; }

    /// <summary>Asks for what runs, gets it, and has it taken back while a statement sleeps.</summary>
    /// <returns>How long after the answer to the revocation the client had its error; negative where it was earlier.</returns>
    private async Task<TimeSpan> RevokeWhileSleepingAsync(UserCli agent)
    {
        (await agent.RunAsync(
            "access", "request", "--target", "clinic", "--allow", "read", "--tables", "clinic.encounters", "--never", "clinic.encounters.fhir_id", "--for", "20s", "--this-run", "--reason", "x")).Expect(2);
        var request = (await agent.JsonAsync("access", "list")).GetProperty("requests")[0].GetProperty("id").GetString()!;
        (await Person("bob").RunAsync("access", "approve", request)).Expect(0);
        var grant = (await Person("carol").JsonAsync("access", "approve", request)).GetProperty("grant").GetString()!;
        var psql = fixture.Gateway.Psql(agent.Token!);

        // Another run of the same agent has nothing of it, and what it leaves out is refused twice.
        (await fixture.Gateway.Psql(Shared.Issuer.Agent("agent-2", onBehalfOf: "dora", runId: "run-other")).QueryAsync("SELECT 1")).Expect(2);
        Assert.Contains("leaves clinic.encounters.fhir_id out", (await psql.QueryAsync("SELECT fhir_id FROM clinic.encounters")).Expect(1).Error);
        await using var sleeping = ChildProcess.Start(psql.Launch("--command", "SELECT pg_sleep(60), count(*) FROM clinic.encounters"));
        sleeping.Input.Close();
        await TestRun.UntilAsync("it sleeps", async () => await SleeperAsync() is not null || sleeping.HasExited);
        Assert.False(sleeping.HasExited, sleeping.Error);
        var role = (string)(await SleeperAsync())!;
        await DatabaseRefusesAsync(role, "SELECT count(encounter_id) FROM clinic.encounters", "SELECT count(fhir_id) FROM clinic.encounters", "SELECT count(*) FROM clinic.patients");

        var ended = sleeping.WaitAsync().ContinueWith(static told => (Told: told.GetAwaiter().GetResult(), At: TimeProvider.System.GetTimestamp()), TaskScheduler.Default);
        var (status, _) = await fixture.Gateway.ApiAsync(HttpMethod.Post, $"/api/v1/access/grants/{grant}/revoke", Person("oscar").Token, new { reason = "leaked" });
        var answered = TimeProvider.System.GetTimestamp();
        Assert.Equal(System.Net.HttpStatusCode.OK, status);
        var (told, at) = await ended;
        await TestRun.UntilAsync("nothing sleeps", async () => await SleeperAsync() is null, TimeSpan.FromSeconds(5));
        Assert.NotEqual(0, told.ExitCode);
        Assert.Contains($"the last grant of this session, {grant}, has ended: revoked by oscar: leaked", told.Error);
        await NothingIsLeftAsync(role);
        var evidence = await ChainAsync(role, request, grant);
        Assert.Equal(grant, Assert.Single(evidence.OfKind("grant.revoke")).GetProperty("grant").GetString());
        Assert.Equal("revoked", Assert.Single(evidence.OfKind("grant.end")).GetProperty("reason").GetString());
        return at > answered ? TimeProvider.System.GetElapsedTime(answered, at) : TimeSpan.Zero;
    }

    private async Task NobodyOfTheseDecidesAsync(UserCli agent, string request)
    {
        (await agent.RunAsync("access", "approve", request)).Expect(4);
        foreach (var person in (string[])["alice", "oscar", "audrey"])
        {
            (await Person(person).RunAsync("access", "approve", request)).Expect(4);
        }
    }

    /// <summary>Past the gateway, with the rights of a session's role: an administrator gives it a password that a test can know.</summary>
    private async Task DatabaseRefusesAsync(string role, string allowed, params string[] forbidden)
    {
        await fixture.Server.ExecuteAsync($"ALTER ROLE {role} PASSWORD 'known-e2e' CONNECTION LIMIT 2");
        await using var direct = new NpgsqlConnection(fixture.Server.ConnectionString(fixture.Database, role, "known-e2e"));
        await direct.OpenAsync();
        Assert.True((long)(await QueryAsync(direct, allowed))! > 0);
        foreach (var statement in forbidden)
        {
            Assert.Equal("42501", (await Assert.ThrowsAsync<PostgresException>(() => QueryAsync(direct, statement))).SqlState);
        }
    }

    private Task NothingIsLeftAsync(string role) => TestRun.UntilAsync(
        "the role is gone", async () => await fixture.Server.ScalarAsync($"SELECT 1 FROM pg_roles WHERE rolname = '{role}'") is null, TimeSpan.FromSeconds(5));

    /// <summary>Exports and verifies the evidence of the session that had the role, and checks that it tells the whole story in order.</summary>
    private async Task<ExportedEvidence> ChainAsync(string role, string request, string grant)
    {
        var session = "ses_" + role["sallyport_s_".Length..];
        var evidence = await ExportedEvidence.ExportAsync(fixture.Gateway, Shared.Issuer, "--session", session);
        await TestRun.UntilAsync("the session is over", async () =>
            (evidence = await ExportedEvidence.ExportAsync(fixture.Gateway, Shared.Issuer, "--session", session)).OfKind("session.end").Any());
        var key = await ExportedEvidence.KeyAsync(fixture.Gateway, Shared.Issuer);
        (await fixture.Gateway.Cli("auditor").RunAsync("evidence", "verify", evidence.BundleFile, "--key", key)).Expect(0);

        var asked = At(evidence, "access.request", "request", request);
        var decisions = evidence.OfKind("access.decision").Where(d => d.GetProperty("request").GetString() == request && d.GetProperty("decision").GetString() == "approve").ToList();
        Assert.Equal(2, decisions.Select(d => d.GetProperty("by").GetString()).Distinct().Count());
        var decided = evidence.Records.ToList().FindLastIndex(r => r.GetProperty("k").GetString() == "access.decision" && r.GetProperty("decision").GetString() == "approve");
        var begun = At(evidence, "grant.start", "grant", grant);
        var issued = At(evidence, "credential.issue", "grants", grant);
        var used = At(evidence, "intent", "rule", $"grant:{grant}");
        var revoked = At(evidence, "credential.revoke", "role", role);
        var ended = At(evidence, "grant.end", "grant", grant);
        int[] before = [asked, decided, begun, issued, used];
        Assert.Equal(before.Order(), before);
        Assert.All((int[])[revoked, ended], after => Assert.True(after > used));
        Assert.Equal(grant, evidence.Records[used].GetProperty("grant").GetString());
        Assert.Equal(role, evidence.Records[issued].GetProperty("role").GetString());
        return evidence;
    }

    private static int At(ExportedEvidence evidence, string kind, string member, string value)
    {
        var at = evidence.Records.ToList().FindIndex(r => r.GetProperty("k").GetString() == kind && r.TryGetProperty(member, out var found) && found.GetString() == value);
        Assert.True(at >= 0, $"no {kind} with {member} {value}");
        return at;
    }

    /// <summary>Runs a line in a shell whose PATH has the command line.</summary>
    private static Task<Finished> ShellAsync(UserCli user, string line)
    {
        var launch = user.Launch();
        var path = $"{Path.GetDirectoryName(launch.Program)}:/usr/bin:/bin";
        return ChildProcess.RunAsync(new Launch("/bin/sh", "-c", line) { Environment = new(launch.Environment!) { ["PATH"] = path } });
    }

    private static async Task<object?> QueryAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }

    /// <summary>The role whose statement sleeps, or null.</summary>
    private Task<object?> SleeperAsync() => fixture.Server.ScalarAsync(
        "SELECT usename::text FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid()", fixture.Database);

    private UserCli Person(string name) => fixture.Gateway.Cli(name) with { Token = fixture.Tokens[name] };

    public sealed class Fixture : TemporaryRoleFixture
    {
        private const string Access = """
            access:
              - {name: encounters, groups: [reporting-agents], target: clinic, allow: [read], tables: [clinic.encounters], approvers: [security-officers], quorum: 2, maxDuration: 20s}
            breakGlass:
              - {name: night, groups: [operators], target: clinic, allow: [read, write, ddl], schemas: [clinic], duration: 6s, reviewers: [security-officers]}
            """;

        /// <summary>Those of people by their names; that of <c>agent</c> is of agent-1, which acts for alice.</summary>
        internal Dictionary<string, string> Tokens { get; } = new(StringComparer.Ordinal);

        private protected override async Task<GatewaySettings> ChangeAsync(GatewaySettings settings)
        {
            var provider = await Shared.ProviderAsync();
            foreach (var person in (string[])["alice", "bob", "carol", "oscar", "audrey"])
            {
                Tokens[person] = await provider.HumanTokenAsync(person);
            }

            Tokens["agent"] = await provider.AgentForAsync("agent-1", "alice", runId: "run-story");
            return await base.ChangeAsync(settings) with { Provider = provider, Grants = "- {name: standing, groups: [standing-agents], target: clinic, allow: [read], tables: [clinic.organizations]}", More = Access };
        }
    }
}
