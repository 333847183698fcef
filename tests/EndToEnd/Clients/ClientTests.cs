using Sallyport.EndToEnd.Systems;

namespace Sallyport.EndToEnd.Clients;

/// <summary>Every client sees through the gateway exactly what it sees at PostgreSQL itself, where no tagged column is touched.</summary>
public sealed class ClientTests
{
    private const string Grant = "- {name: agents, groups: [reporting-agents], target: clinic, allow: [read, write, ddl], schemas: [clinic, scratch]}";

    [Theory]
    [InlineData("psql", 15)]
    [InlineData("psql", 18)]
    [InlineData("npgsql", 15)]
    [InlineData("npgsql", 18)]
    [InlineData("node", 15)]
    [InlineData("node", 18)]
    [InlineData("psycopg", 15)]
    [InlineData("psycopg", 18)]
    [InlineData("jdbc", 15)]
    [InlineData("jdbc", 18)]
    public async Task A_client_passes_the_common_list_through_the_gateway(string client, int major)
    {
        // In front of 18 the gateway speaks TLS, in front of 15 plain text on loopback: both paths with every client.
        // Catalogue questions show the database's name, so both routes use a database of that name on their own server.
        await using var server = await PostgresServer.StartAsync(major);
        var direct = await ScenarioClients.RunAsync(client, new Endpoint(server.Port, "clinic", PostgresServer.GatewayUser, PostgresServer.GatewayPassword));
        await server.ExecuteAsync($"DROP SCHEMA scratch CASCADE; CREATE SCHEMA scratch AUTHORIZATION {PostgresServer.GatewayUser}");
        await using var gateway = await GatewayProcess.StartAsync(GatewaySettings.For(server, Shared.Issuer) with { Grants = Grant, Rules = "", Tls = major == 18 });
        var through = await ScenarioClients.RunAsync(client, gateway.Endpoint(Shared.Issuer.Agent("agent-1")));

        Assert.Equal(ScenarioClients.Scenarios.Order(), direct.Keys.Order());
        Assert.All(direct, s => Assert.DoesNotContain("FAILED", s.Value));
        Assert.All(ScenarioClients.Scenarios, name => Assert.Equal(direct[name], through[name]));
    }
}
