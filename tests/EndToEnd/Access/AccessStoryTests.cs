using System.Diagnostics;
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
        var agent = await PeopleAsync();
        var psql = fixture.Gateway.Psql(agent.Token!);

        // 1. Refused, with the exact line to run.
        var refused = (await psql.QueryAsync("SELECT count(*) FROM clinic.encounters")).Expect(2);
        var line = LinePattern.Match(refused.Error);
        Assert.True(line.Success, refused.Error);
        Assert.Contains("--target clinic --allow read --tables clinic.encounters --for 20s", line.Value);

        // 2. Asked for by that line.
        var words = line.Value.Replace("\"...\"", "report", StringComparison.Ordinal).Split(' ')[1..];
        (await agent.RunAsync(words)).Expect(2);
        var request = (await agent.JsonAsync("access", "list")).GetProperty("requests")[0].GetProperty("id").GetString()!;
        (await agent.RunAsync("wait", request, "--timeout", "1s")).Expect(2);

        // 3. The wrong people cannot decide: the agent, its human, whoever runs or audits the gateway.
        (await agent.RunAsync("access", "approve", request)).Expect(4);
        foreach (var person in (string[])["alice", "oscar", "audrey"])
        {
            (await Person(person).RunAsync("access", "approve", request)).Expect(4);
        }

        // 4. One person twice is one person; two are enough.
        (await Person("bob").RunAsync("access", "approve", request)).Expect(0);
        (await Person("bob").RunAsync("access", "approve", request)).Expect(6);
        (await psql.QueryAsync("SELECT 1")).Expect(2);
        var granted = (await Person("carol").JsonAsync("access", "approve", request, "--reason", "ticket 7")).GetProperty("grant").GetString()!;
        var given = TimeProvider.System.GetTimestamp();
        (await agent.RunAsync("wait", request, "--timeout", "30s")).Expect(0);

        // 5. Open within its scope, shut outside.
        await using var connection = await fixture.Gateway.ConnectAsync(agent.Token!);
        Assert.True(await CountAsync(connection) > 0);
        var outside = await Assert.ThrowsAsync<PostgresException>(async () => await QueryAsync(connection, "SELECT count(*) FROM clinic.patients"));
        Assert.Contains("no grant opens read of clinic.patients", outside.MessageText);
        Assert.DoesNotContain("sallyport access", outside.MessageText);
        (await agent.RunAsync("access", "explain", "SELECT count(*) FROM clinic.encounters", "--target", "clinic")).Expect(0);
        (await agent.RunAsync("access", "explain", "DELETE FROM clinic.encounters", "--target", "clinic")).Expect(1);
        Assert.True(await CountAsync(connection) > 0);

        // 6. At its end, in the middle of the session, the next command is refused.
        await TestRun.UntilAsync("the grant is over", async () => !(await Person("audrey").JsonAsync("access", "show", granted)).GetProperty("active").GetBoolean());
        Assert.True(TimeProvider.System.GetElapsedTime(given) > TimeSpan.FromSeconds(19));
        var ended = await Assert.ThrowsAnyAsync<NpgsqlException>(async () => await CountAsync(connection));
        Assert.Contains("grant", ended.Message);
        Assert.Contains("sallyport access request", (await psql.QueryAsync("SELECT 1")).Expect(2).Error);

        // 7. The bundle of the session shows request, decisions, grant, use and end, and it verifies.
        await ProveAsync(request, granted);
    }

    [Fact]
    public async Task Taken_back_while_something_runs_it_is_cancelled_within_a_second_and_the_client_sees_why()
    {
        await PeopleAsync();
        var agent = fixture.Gateway.Cli("agent-2") with { Token = Shared.Issuer.Agent("agent-2", onBehalfOf: "dora", runId: "run-revoked") };
        (await agent.RunAsync("access", "request", "--target", "clinic", "--allow", "read", "--tables", "clinic.encounters", "--for", "20s", "--this-run", "--reason", "x")).Expect(2);
        var request = (await agent.JsonAsync("access", "list")).GetProperty("requests")[0].GetProperty("id").GetString()!;
        (await Person("bob").RunAsync("access", "approve", request)).Expect(0);
        var grant = (await Person("carol").JsonAsync("access", "approve", request)).GetProperty("grant").GetString()!;

        // Another run of the same agent has nothing of it.
        (await fixture.Gateway.Psql(Shared.Issuer.Agent("agent-2", onBehalfOf: "dora", runId: "run-other")).QueryAsync("SELECT 1")).Expect(2);
        await using var sleeping = ChildProcess.Start(fixture.Gateway.Psql(agent.Token!).Launch("--command", "SELECT pg_sleep(60), count(*) FROM clinic.encounters"));
        sleeping.Input.Close();
        await TestRun.UntilAsync("it sleeps", async () => await SleepersAsync() == 1 || sleeping.HasExited);
        Assert.False(sleeping.HasExited, sleeping.Error);

        var started = Stopwatch.GetTimestamp();
        var (status, _) = await fixture.Gateway.ApiAsync(HttpMethod.Post, $"/api/v1/access/grants/{grant}/revoke", Person("oscar").Token, new { reason = "leaked" });
        Assert.Equal(System.Net.HttpStatusCode.OK, status);
        var told = await sleeping.WaitAsync();
        await TestRun.UntilAsync("nothing sleeps", async () => await SleepersAsync() == 0);
        Assert.InRange(Stopwatch.GetElapsedTime(started).TotalSeconds, 0, 5);
        Assert.NotEqual(0, told.ExitCode);
        Assert.Contains($"the last grant of this session, {grant}, has ended: revoked by oscar: leaked", told.Error);
    }

    [Fact]
    public async Task An_emergency_is_open_at_once_marked_everywhere_and_stays_work_until_somebody_else_looked()
    {
        await PeopleAsync();
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

    private static async Task<long> CountAsync(NpgsqlConnection connection) => (long)(await QueryAsync(connection, "SELECT count(*) FROM clinic.encounters"))!;

    private static async Task<object?> QueryAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }

    private async Task ProveAsync(string request, string grant)
    {
        var sessions = (await Person("audrey").JsonAsync("sessions", "list", "--limit", "50")).GetProperty("items").EnumerateArray();
        var session = sessions.First(s => s.GetProperty("statements").GetInt64() >= 2 && s.GetProperty("principal").GetString() == "agent-1").GetProperty("id").GetString()!;
        var key = await ExportedEvidence.KeyAsync(fixture.Gateway, Shared.Issuer);
        var evidence = await ExportedEvidence.ExportAsync(fixture.Gateway, Shared.Issuer, "--session", session);
        (await fixture.Gateway.Cli("auditor").RunAsync("evidence", "verify", evidence.BundleFile, "--key", key)).Expect(0);

        Assert.Equal(request, Assert.Single(evidence.OfKind("access.request")).GetProperty("request").GetString());
        var decisions = evidence.OfKind("access.decision").Where(d => d.GetProperty("decision").GetString() == "approve").ToList();
        Assert.Equal(2, decisions.Select(d => d.GetProperty("by").GetString()).Distinct().Count());
        Assert.Equal(3, evidence.OfKind("access.decision").Count(d => d.GetProperty("decision").GetString() == "refused"));
        Assert.Equal(grant, Assert.Single(evidence.OfKind("grant.start")).GetProperty("grant").GetString());
        Assert.Contains(evidence.OfKind("intent"), i => i.GetProperty("grant").GetString() == grant && i.GetProperty("rule").GetString() == $"grant:{grant}");
        Assert.Equal("expired", Assert.Single(evidence.OfKind("grant.end")).GetProperty("reason").GetString());
    }

    private async Task<long> SleepersAsync() => (long)(await fixture.Server.ScalarAsync(
        "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid()", fixture.Database))!;

    /// <summary>People sign in once; the agent acts for alice.</summary>
    private async Task<UserCli> PeopleAsync() => fixture.Gateway.Cli("agent") with { Token = await fixture.AgentAsync() };

    private UserCli Person(string name) => fixture.Gateway.Cli(name) with { Token = fixture.Tokens[name] };

    public sealed class Fixture : GatewayFixture
    {
        private const string Access = """
            access:
              - {name: encounters, groups: [reporting-agents], target: clinic, allow: [read], tables: [clinic.encounters], approvers: [security-officers], quorum: 2, maxDuration: 20s}
            breakGlass:
              - {name: night, groups: [operators], target: clinic, allow: [read, write, ddl], schemas: [clinic], duration: 6s, reviewers: [security-officers]}
            """;

        internal Dictionary<string, string> Tokens { get; } = new(StringComparer.Ordinal);

        internal async Task<string> AgentAsync() => Tokens["agent"] = Tokens.GetValueOrDefault("agent") ?? await (await Shared.ProviderAsync()).AgentForAsync("agent-1", "alice", runId: "run-story");

        private protected override async Task<GatewaySettings> ChangeAsync(GatewaySettings settings)
        {
            var provider = await Shared.ProviderAsync();
            foreach (var person in (string[])["alice", "bob", "carol", "oscar", "audrey"])
            {
                Tokens[person] = await provider.HumanTokenAsync(person);
            }

            return settings with { Provider = provider, Grants = "- {name: others, groups: [nobody], target: clinic, allow: [read]}", More = Access };
        }
    }
}
