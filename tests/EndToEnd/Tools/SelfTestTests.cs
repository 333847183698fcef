using System.Net;
using System.Text.Json;
using Sallyport.EndToEnd.Support;
using Sallyport.EndToEnd.Systems;

namespace Sallyport.EndToEnd.Tools;

/// <summary><c>sallyport selftest</c>: attacks on a copy of the customer's own protected tables.</summary>
public sealed class SelfTestTests
{
    [Theory]
    [InlineData(15)]
    [InlineData(18)]
    public async Task A_good_configuration_passes_and_nothing_is_left_behind(int major)
    {
        var (gateway, server, database) = await Shared.GatewayAsync(major);
        await using (gateway)
        {
            // What a crash would have left.
            await server.ExecuteAsync($"CREATE DATABASE sallyport_selftest_left_{database}", "postgres");
            var report = await RunAsync(gateway, 0);
            Assert.True(report.GetProperty("passed").GetBoolean(), report.GetRawText());
            Assert.Empty(report.GetProperty("leaks").EnumerateArray());
            Assert.True(report.GetProperty("columns").GetInt32() >= 10, report.GetRawText());
            var categories = report.GetProperty("categories").EnumerateArray().ToDictionary(c => c.GetProperty("name").GetString()!);
            Assert.True(categories.Values.Sum(c => c.GetProperty("tried").GetInt32()) >= 200, report.GetRawText());
            Assert.True(categories["plain"].GetProperty("masked").GetInt32() >= 10);
            Assert.Equal(0, categories["utility"].GetProperty("refused").GetInt32());
            Assert.Equal(0L, await server.ScalarAsync("SELECT count(*) FROM pg_database WHERE starts_with(datname, 'sallyport_selftest_')", "postgres"));
        }
    }

    [Fact]
    public async Task A_planted_leak_is_found_by_many_attacks()
    {
        var (gateway, _, _) = await Shared.GatewayAsync();
        await using (gateway)
        {
            var report = await RunAsync(gateway, 1, "--also", "clinic.patients.race");
            Assert.False(report.GetProperty("passed").GetBoolean());
            var leaks = report.GetProperty("leaks").EnumerateArray().ToList();
            Assert.True(leaks.Count >= 5, report.GetRawText());
            Assert.All(leaks, leak => Assert.Equal("clinic.patients.race", leak.GetProperty("column").GetString()));
            Assert.Contains(leaks, leak => leak.GetProperty("category").GetString() == "wholerow");
        }
    }

    [Fact]
    public async Task The_attacks_themselves_get_at_what_nobody_protects()
    {
        var (gateway, _, _) = await Shared.GatewayAsync(change: s => s with
        {
            Phi = new Dictionary<string, string> { ["clinic"] = "clinic.organizations.phone: PHONE" },
            Masks = "{default: redact}",
        });
        await using (gateway)
        {
            // The first text column of the copy is one that is not tagged. Its table is, so errors and whole rows stay closed.
            var report = await RunAsync(gateway, 1, "--also", "clinic.organizations.name");
            var categories = report.GetProperty("categories").EnumerateArray().ToDictionary(c => c.GetProperty("name").GetString()!, c => c.GetProperty("leaked").GetInt32());
            Assert.True(categories.Values.Sum() >= 80, report.GetRawText());
            Assert.All((string[])["plain", "lexical", "expr", "encode", "agg", "window", "wholerow", "subquery", "setop", "copy", "cursor", "prepare", "view", "dml", "infer", "bypass"], name =>
                Assert.True(categories[name] > 0, $"{name}: {report.GetRawText()}"));
            Assert.Equal(0, categories["utility"]);
        }
    }

    [Fact]
    public async Task Only_operators_with_a_credential_that_may_create_databases_run_it()
    {
        var (gateway, server, _) = await Shared.GatewayAsync();
        await using (gateway)
        {
            var body = new { admin = new { user = PostgresServer.GatewayUser, password = PostgresServer.GatewayPassword } };
            var (forbidden, _) = await gateway.ApiAsync(HttpMethod.Post, "/api/v1/targets/clinic/selftest", Shared.Issuer.Agent("agent-1"), body);
            Assert.Equal(HttpStatusCode.Forbidden, forbidden);
            var (conflict, problem) = await gateway.ApiAsync(HttpMethod.Post, "/api/v1/targets/clinic/selftest", Operator, body);
            Assert.Equal(HttpStatusCode.Conflict, conflict);
            Assert.Contains("permission denied", problem.GetProperty("detail").GetString());
            Assert.Equal(0L, await server.ScalarAsync("SELECT count(*) FROM pg_database WHERE starts_with(datname, 'sallyport_selftest_')", "postgres"));
        }
    }

    private static string Operator => Shared.Issuer.Human("olga", "operators");

    private static async Task<JsonElement> RunAsync(GatewayProcess gateway, int exitCode, params string[] more)
    {
        var password = Path.Combine(TestRun.Subdirectory("admin"), "password");
        await File.WriteAllTextAsync(password, PostgresServer.SuperuserPassword);
        var launch = gateway.Cli("selftest").With(Operator).Launch(
            ["selftest", "--target", "clinic", "--admin-user", PostgresServer.Superuser, "--admin-password-file", password, "--json", .. more]);
        var finished = (await ChildProcess.RunAsync(launch, TimeSpan.FromMinutes(5))).Expect(exitCode);
        return JsonDocument.Parse(finished.Output).RootElement;
    }
}
