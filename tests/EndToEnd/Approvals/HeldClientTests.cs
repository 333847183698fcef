using System.Net;
using System.Text.RegularExpressions;
using Sallyport.EndToEnd.Clients;
using Sallyport.EndToEnd.Support;
using Sallyport.EndToEnd.Systems;

namespace Sallyport.EndToEnd.Approvals;

/// <summary>
/// What drivers make of a held command and of a parked one: the first blocks, tells its notice and runs when it is approved; the second is an error
/// with the request's id in its primary message, after which the session works, and the same command attaches.
/// </summary>
public sealed partial class HeldClientTests(ApprovalTests.Fixture fixture) : IClassFixture<ApprovalTests.Fixture>
{
    private static string Reviewer => Shared.Issuer.Human("carol", "security-officers");

    [Theory]
    [InlineData("psycopg")]
    [InlineData("node")]
    [InlineData("jdbc")]
    public async Task A_driver_waits_for_a_held_command_and_can_repeat_a_parked_one(string driver)
    {
        var row = (int)(await fixture.Server.ScalarAsync("INSERT INTO scratch.counters DEFAULT VALUES RETURNING id", fixture.Database))!;
        await fixture.Server.ExecuteAsync($"INSERT INTO scratch.patience (id) VALUES ({row})", fixture.Database);
        await using var client = ChildProcess.Start(LaunchOf(driver, row, fixture.Gateway.Endpoint(Shared.Issuer.Agent("agent-1"))));

        var held = await fixture.Gateway.ApprovalAsync(Reviewer, static a => a.GetProperty("statement").GetString()!.Contains("scratch.counters", StringComparison.Ordinal));
        Assert.Equal(0L, await HitsAsync("counters", row));
        await ApproveAsync(held.GetProperty("id").GetString()!);
        await TestRun.UntilAsync("the parked command is refused", () => client.Output.Contains("alive | 1", StringComparison.Ordinal) || client.HasExited);
        Assert.False(client.HasExited, client.Output + client.Error);
        Assert.Contains($"notice | approval {held.GetProperty("id").GetString()} pending", client.Output);
        Assert.Contains("held | UPDATE", client.Output);
        Assert.Equal(1L, await HitsAsync("counters", row));

        var parked = ParkedPattern.Match(client.Output);
        Assert.True(parked.Success, client.Output);
        Assert.Equal(0L, await HitsAsync("patience", row));
        await ApproveAsync(parked.Groups[1].Value);
        await client.Input.WriteLineAsync("go");
        client.Input.Close();
        var finished = (await client.WaitAsync(TimeSpan.FromSeconds(60))).Expect(0);
        Assert.Contains("again | UPDATE", finished.Output);
        Assert.Equal(1L, await HitsAsync("patience", row));
    }

    [GeneratedRegex(@"parked \| SP001 \| .*NOT EXECUTED - approval (apr_\w+) pending: http", RegexOptions.None, 1000)]
    private static partial Regex ParkedPattern { get; }

    private static Launch LaunchOf(string driver, int row, Endpoint endpoint)
    {
        var folder = Path.Combine(TestRun.Repository, "tests", "EndToEnd", "Approvals");
        switch (driver)
        {
            case "psycopg":
                return new Launch("/usr/bin/python3", Path.Combine(folder, "held.py"), $"{row}") { Environment = endpoint.Environment };
            case "jdbc":
                return new Launch("/usr/bin/java", "-Xmx256m", "-XX:TieredStopAtLevel=1", "-cp", ScenarioClients.Jdbc, Path.Combine(folder, "Held.java"), $"{row}")
                {
                    Environment = endpoint.Environment,
                };
            default:
                var work = TestRun.Subdirectory("held");
                File.Copy(Path.Combine(folder, "held.mjs"), Path.Combine(work, "held.mjs"));
                File.CreateSymbolicLink(Path.Combine(work, "node_modules"), TestRun.NodeModules);
                return new Launch(TestRun.Node, "held.mjs", $"{row}") { Directory = work, Environment = endpoint.Environment };
        }
    }

    private async Task ApproveAsync(string id)
    {
        var (status, _) = await fixture.Gateway.ApiAsync(HttpMethod.Post, $"/api/v1/approvals/{id}/approve", Reviewer, new { reason = "because" });
        Assert.Equal(HttpStatusCode.OK, status);
    }

    private async Task<long> HitsAsync(string table, int row) =>
        (long)(await fixture.Server.ScalarAsync($"SELECT hits FROM scratch.{table} WHERE id = {row}", fixture.Database))!;
}
