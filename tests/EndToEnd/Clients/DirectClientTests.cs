using Sallyport.EndToEnd.Systems;

namespace Sallyport.EndToEnd.Clients;

public sealed class DirectClientTests
{
    [Theory]
    [InlineData("psql")]
    [InlineData("npgsql")]
    [InlineData("node")]
    [InlineData("psycopg")]
    [InlineData("jdbc")]
    public async Task A_client_speaks_the_whole_list_to_postgresql_itself(string client)
    {
        await using var server = await PostgresServer.StartAsync(15);
        var transcript = await ScenarioClients.RunAsync(client, new Endpoint(server.Port, "clinic", PostgresServer.GatewayUser, PostgresServer.GatewayPassword));
        Assert.Equal(ScenarioClients.Scenarios.Order(), transcript.Keys.Order());
        Assert.All(transcript, s => Assert.DoesNotContain("FAILED", s.Value));
    }
}
