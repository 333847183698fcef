using System.Text;
using System.Text.Json;
using Sallyport.EndToEnd.Support;

namespace Sallyport.EndToEnd.Systems;

/// <summary>The counterparts are what the other tests believe them to be.</summary>
public sealed class SystemsTests
{
    [Theory]
    [InlineData(15)]
    [InlineData(17)]
    [InlineData(18)]
    public async Task PostgreSql_starts_with_the_whole_clinic_and_lets_the_gateway_role_do_no_more_than_it_needs(int major)
    {
        await using var server = await PostgresServer.StartAsync(major);
        Assert.Equal(110_899L, await server.ScalarAsync(
            """
            SELECT sum((xpath('/row/c/text()', query_to_xml(format('SELECT count(*) AS c FROM clinic.%I', relname), true, true, '')))[1]::text::bigint)::bigint
            FROM pg_class WHERE relnamespace = 'clinic'::regnamespace AND relkind = 'r'
            """));
        Assert.StartsWith($"{major}.", (string)(await server.ScalarAsync("SHOW server_version"))!);

        var psql = new Psql("127.0.0.1", server.Port, "clinic", PostgresServer.GatewayUser, PostgresServer.GatewayPassword);
        Assert.Equal("1100\n", (await psql.QueryAsync("SELECT count(*) FROM clinic.patients")).Expect(0).Output);
        Assert.Contains("permission denied", (await psql.QueryAsync("TRUNCATE clinic.allergies")).Expect(1).Error);
        Assert.Equal("fatal\n", (await psql.QueryAsync("SHOW log_min_messages")).Expect(0).Output);
        Assert.Contains("password authentication failed", (await (psql with { Password = "wrong" }).QueryAsync("SELECT 1")).Expect(2).Error);
    }

    [Fact]
    public async Task The_provider_gives_agents_people_and_agents_that_act_for_people_their_tokens()
    {
        await using var provider = await OidcProvider.StartAsync();

        var agent = Claims(await provider.AgentTokenAsync("agent-1", runId: "run-7"));
        Assert.Equal("agent-1", agent.GetProperty("client_id").GetString());
        Assert.Equal("sallyport", agent.GetProperty("aud").GetString());
        Assert.Equal("reporting-agents", agent.GetProperty("groups")[0].GetString());
        Assert.Equal("run-7", agent.GetProperty("run_id").GetString());

        var human = Claims(await provider.HumanTokenAsync("carol", OidcProvider.Resource("rs256")));
        Assert.Equal("carol", human.GetProperty("sub").GetString());
        Assert.Equal("security-officers", human.GetProperty("groups")[0].GetString());
        Assert.Equal("sallyport", human.GetProperty("aud").GetString());

        var delegated = Claims(await provider.AgentForAsync("agent-1", "alice"));
        Assert.Equal("alice", delegated.GetProperty("sub").GetString());
        Assert.Equal("agent-1", delegated.GetProperty("act").GetProperty("sub").GetString());
        Assert.Equal("agent-1", delegated.GetProperty("client_id").GetString());
        Assert.Equal("reporting-agents", delegated.GetProperty("groups")[0].GetString());
    }

    private static JsonElement Claims(string token)
    {
        var payload = token.Split('.')[1].Replace('-', '+').Replace('_', '/');
        return JsonDocument.Parse(Encoding.UTF8.GetString(Convert.FromBase64String(payload.PadRight((payload.Length + 3) / 4 * 4, '=')))).RootElement;
    }
}
