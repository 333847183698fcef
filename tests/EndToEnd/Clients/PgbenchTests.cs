using System.Text.RegularExpressions;
using Sallyport.EndToEnd.Support;
using Sallyport.EndToEnd.Systems;

namespace Sallyport.EndToEnd.Clients;

public sealed class PgbenchTests
{
    [Theory]
    [InlineData("simple")]
    [InlineData("extended")]
    [InlineData("prepared")]
    public async Task Pgbench_runs_through_the_gateway_without_a_failure(string protocol)
    {
        var (gateway, server, database) = await Shared.GatewayAsync(change: s => s with
        {
            Grants = "- {name: agents, groups: [reporting-agents], target: clinic, allow: [read, write], schemas: [public]}",
            Rules = "",
        });
        await using (gateway)
        {
            var direct = new Dictionary<string, string>
            {
                ["PGHOST"] = "127.0.0.1",
                ["PGPORT"] = server.Port.ToString(),
                ["PGUSER"] = PostgresServer.Superuser,
                ["PGPASSWORD"] = PostgresServer.SuperuserPassword,
            };
            (await ChildProcess.RunAsync(new Launch("/usr/bin/pgbench", "--initialize", "--quiet", "--scale", "1", database) { Environment = direct })).Expect(0);
            await server.ExecuteAsync($"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {PostgresServer.GatewayUser}", database);

            var environment = gateway.Endpoint(Shared.Issuer.Agent("agent-1")).Environment;
            var mixed = (await ChildProcess.RunAsync(new Launch(
                "/usr/bin/pgbench", "--no-vacuum", "--client", "4", "--transactions", "100", "--protocol", protocol, "clinic")
            { Environment = environment })).Expect(0);
            AssertNoFailure(mixed, "400/400");
            var reading = (await ChildProcess.RunAsync(new Launch(
                "/usr/bin/pgbench", "--no-vacuum", "--select-only", "--client", "4", "--transactions", "500", "--protocol", protocol, "clinic")
            { Environment = environment })).Expect(0);
            AssertNoFailure(reading, "2000/2000");
        }
    }

    private static void AssertNoFailure(Finished finished, string transactions)
    {
        Assert.Matches($"number of transactions actually processed: {Regex.Escape(transactions)}", finished.Output);
        Assert.Matches(@"number of failed transactions: 0 ", finished.Output);
        Assert.DoesNotContain("ERROR", finished.Error);
    }
}
