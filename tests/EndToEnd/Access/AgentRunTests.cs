using System.Text.RegularExpressions;
using Sallyport.EndToEnd.Support;
using Sallyport.EndToEnd.Systems;

namespace Sallyport.EndToEnd.Access;

/// <summary>An agent's side of it: signing in as a machine or on a person's word, and <c>sallyport run</c> around a real psql.</summary>
public sealed partial class AgentRunTests(AgentRunTests.Fixture fixture) : IClassFixture<AgentRunTests.Fixture>
{
    private const string Pod = "system:serviceaccount:agents:reporting";

    [Fact]
    public async Task A_program_runs_as_an_agent_and_nothing_of_it_counts_afterwards()
    {
        var cli = fixture.Gateway.Cli("run").With(Shared.Issuer.Human("alice", "developers"));
        var script = """
            psql -At -c "SELECT 'rows ' || count(*) FROM clinic.payers" && cat "$SALLYPORT_INSTRUCTIONS" && stat -c 'mode %a' "$PGPASSFILE" && sed 's/^.*:/token /' "$PGPASSFILE"
            echo "run $SALLYPORT_RUN profile $SALLYPORT_PROFILE own ${SALLYPORT_TOKEN:-none} file $PGPASSFILE"
            sallyport whoami --json && exit 7
            """;
        var finished = await RunAsync(cli, ["--agent", "coder", "--target", "clinic"], script);
        Assert.Equal(7, finished.ExitCode);
        Assert.Matches(@"rows \d+", finished.Output);
        Assert.Contains("You are coder, acting for alice.", finished.Output);
        Assert.Contains("mode 600", finished.Output);
        Assert.Contains("own none", finished.Output);
        Assert.Contains("\"onBehalfOf\": \"alice\"", finished.Output);

        var token = TokenPattern.Match(finished.Output).Groups[1].Value;
        Assert.Contains("revoked", (await fixture.Gateway.Psql(token).QueryAsync("SELECT 1")).Error);
        var file = FilePattern.Match(finished.Output);
        Assert.False(Directory.Exists(Path.GetDirectoryName(file.Groups[2].Value)!));
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(cli.Home, "state"), "run-*", SearchOption.AllDirectories));
        var records = await ExportedEvidence.ExportAsync(fixture.Gateway, Shared.Issuer);
        Assert.Contains(records.OfKind("token.issue"), r => r.GetProperty("run").GetString() == file.Groups[1].Value && r.GetProperty("rule").GetString() == "laptops");
        Assert.Contains(records.OfKind("token.revoke"), r => r.GetProperty("id").GetString() == file.Groups[1].Value && r.GetProperty("what").GetString() == "run");
    }

    [Fact]
    public async Task What_waits_for_a_person_is_told_beside_the_program()
    {
        var cli = fixture.Gateway.Cli("ask").With(Shared.Issuer.Human("alice", "developers"));
        await using var running = ChildProcess.Start(Launch(
            cli, ["--agent", "coder", "--target", "clinic"], "psql -c \"UPDATE clinic.payers SET ownership = ownership WHERE name = 'none'\""));
        await TestRun.UntilAsync("the approval is told", () => TellPattern.IsMatch(running.Error) || running.HasExited);
        var id = TellPattern.Match(running.Error).Groups[1].Value;
        (await fixture.Gateway.Cli("bob").With(Shared.Issuer.Human("bob", "security-officers")).RunAsync("approvals", "approve", id)).Expect(0);
        var finished = await running.WaitAsync();
        Assert.Equal(0, finished.ExitCode);
        Assert.Contains("UPDATE 0", finished.Output);
    }

    [Fact]
    public async Task A_signal_reaches_the_program_and_its_end_is_the_runs()
    {
        var cli = fixture.Gateway.Cli("signal").With(Shared.Issuer.Human("alice", "developers"));
        await using var running = ChildProcess.Start(Launch(cli, ["--agent", "coder"], "trap 'echo asked to end; exit 3' TERM; echo begun; while :; do sleep 0.1; done"));
        await TestRun.UntilAsync("the program runs", () => running.Output.Contains("begun", StringComparison.Ordinal) || running.HasExited);
        running.Signal("TERM");
        var finished = await running.WaitAsync();
        Assert.Equal((3, true), (finished.ExitCode, finished.Output.Contains("asked to end", StringComparison.Ordinal)));
        Assert.Equal(6, (await cli.RunAsync("run", "--agent", "coder", "--", "/nonexistent/program")).ExitCode);
    }

    [Fact]
    public async Task A_program_is_not_run_as_somebody_the_gateway_does_not_allow()
    {
        var alice = fixture.Gateway.Cli("refused").With(Shared.Issuer.Human("alice", "developers"));
        var refused = await RunAsync(alice, ["--agent", "another"], "echo has run");
        Assert.Equal((4, ""), (refused.ExitCode, refused.Output));
        Assert.Contains("no-delegation", refused.Error);
        Assert.Equal(64, (await RunAsync(alice, [], "echo has run")).ExitCode);
    }

    [Fact]
    public async Task A_pod_and_a_pipeline_sign_in_by_what_they_have_and_renew_it()
    {
        var file = Path.Combine(TestRun.Subdirectory("pod"), "token");
        await File.WriteAllTextAsync(file, Fixture.Workload(Pod));
        var pod = fixture.Gateway.Cli("pod");
        (await pod.RunAsync("login", "--k8s", "--token-file", file)).Expect(0);
        var token = (await pod.RunAsync("token")).Expect(0).Output.Trim();
        (await fixture.Gateway.Psql(token).QueryAsync("SELECT 1")).Expect(0);
        var me = await pod.JsonAsync("whoami");
        Assert.Equal(("agent", Pod), (me.GetProperty("kind").GetString(), me.GetProperty("name").GetString()));
        // Tokens live for a minute here, and one that ends within a minute is renewed: in the same run.
        var next = (await pod.RunAsync("token")).Expect(0).Output.Trim();
        Assert.NotEqual(token, next);
        Assert.Equal(me.GetProperty("run").GetString(), (await pod.JsonAsync("whoami")).GetProperty("run").GetString());

        var pipeline = fixture.Gateway.Cli("pipeline");
        var launch = pipeline.Launch("login", "--ci");
        launch.Environment!["SALLYPORT_ID_TOKEN"] = Fixture.Workload(Pod);
        (await ChildProcess.RunAsync(launch)).Expect(0);
        Assert.Equal(Pod, (await pipeline.JsonAsync("whoami")).GetProperty("name").GetString());
        await File.WriteAllTextAsync(file, "nonsense");
        Assert.Equal(4, (await fixture.Gateway.Cli("nobody").RunAsync("login", "--k8s", "--token-file", file)).ExitCode);
    }

    [Fact]
    public async Task A_person_signs_in_by_a_code_at_a_real_provider_for_an_agent()
    {
        var provider = await Shared.ProviderAsync();
        var cli = fixture.Gateway.Cli("person");
        await using var login = ChildProcess.Start(cli.Launch(
            "login", "--device", "--agent", "coder", "--issuer", provider.Issuer, "--client-id", OidcProvider.CliClientId, "--scope", "openid gate:connect", "--resource", OidcProvider.Resource()));
        await TestRun.UntilAsync("the code is shown", () => PagePattern.IsMatch(login.Error) || login.HasExited);
        await OidcProvider.SignInAsync(PagePattern.Match(login.Error).Groups[1].Value, "alice");
        (await login.WaitAsync()).Expect(0);
        var me = await cli.JsonAsync("whoami");
        Assert.Equal(("agent", "coder", "alice"), (me.GetProperty("kind").GetString(), me.GetProperty("name").GetString(), me.GetProperty("onBehalfOf").GetString()));
        Assert.Equal(["developers"], me.GetProperty("groups").EnumerateArray().Select(g => g.GetString()));
    }

    [GeneratedRegex("^token (.+)$", RegexOptions.Multiline, 1000)]
    private static partial Regex TokenPattern { get; }

    [GeneratedRegex("^run (.+) profile .* file (.+)$", RegexOptions.Multiline, 1000)]
    private static partial Regex FilePattern { get; }

    [GeneratedRegex("sallyport: (apr_\\w+) waits for a person", RegexOptions.None, 1000)]
    private static partial Regex TellPattern { get; }

    [GeneratedRegex("or open (\\S+)\n", RegexOptions.None, 1000)]
    private static partial Regex PagePattern { get; }

    private static Launch Launch(UserCli cli, string[] options, string script)
    {
        var launch = cli.Launch(["run", .. options, "--", "/bin/sh", "-c", script]);
        launch.Environment!["PATH"] = Path.GetDirectoryName(TestRun.Program("Cli", "sallyport")) + ":/usr/bin:/bin";
        return launch;
    }

    private static Task<Finished> RunAsync(UserCli cli, string[] options, string script) => ChildProcess.RunAsync(Launch(cli, options, script));

    public sealed class Fixture : GatewayFixture
    {
        private const string Cluster = "https://cluster.example.test";

        private static readonly LocalIssuer Workloads = new();

        internal static string Workload(string name) => Workloads.Sign(LocalIssuer.Claims(name, "", "", change: claims =>
        {
            claims["iss"] = Cluster;
            claims.Remove("client_id");
            claims.Remove("groups");
        }));

        private protected override async Task<GatewaySettings> ChangeAsync(GatewaySettings settings)
        {
            var provider = await Shared.ProviderAsync();
            return settings with
            {
                Provider = provider,
                MoreIssuers = $"- {{issuer: {Cluster}, audience: sallyport, jwks: {{file: {Workloads.KeyFile}}}, kind: agent, exchangeOnly: true}}",
                Grants = $"{GatewaySettings.AllowAll}\n- {{name: developers, groups: [developers], target: clinic, allow: [read, write]}}\n- {{name: pods, principals: [\"agent:{Pod}@{Cluster}\"], target: clinic, allow: [read]}}",
                More = $$"""
                    tokens:
                      lifetime: 1m
                      delegations:
                        - {name: pods, agents: ["{{Pod}}@{{Cluster}}"], alone: true}
                        - {name: laptops, agents: ["coder@{{LocalIssuer.Issuer}}", "coder@{{provider.Issuer}}"], humans: [developers], declared: true}
                    """,
            };
        }
    }
}
