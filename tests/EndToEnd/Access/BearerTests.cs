using System.Text;
using Sallyport.EndToEnd.Support;
using Sallyport.EndToEnd.Systems;

namespace Sallyport.EndToEnd.Access;

/// <summary>SASL OAUTHBEARER at the PostgreSQL door: the real libpq 18, and what is wrong byte by byte. Old clients go on with passwords.</summary>
public sealed class BearerTests(BearerTests.Fixture fixture) : IClassFixture<BearerTests.Fixture>
{
    private const string UsesOAuth = "-c sallyport.auth=oauth";
    private const char Separator = '\u0001';

    [Fact]
    public async Task Libpq_18_learns_the_issuer_from_the_gateway_and_signs_in_with_a_bearer_token()
    {
        var finished = await LibpqAsync(Shared.Issuer.Agent("agent-1"), UsesOAuth);
        Assert.Equal((0, "discovery https://issuer.example.test/.well-known/openid-configuration\nscope openid gateway\nresult 42\n"), (finished.ExitCode, finished.Output));
    }

    [Fact]
    public async Task A_wrong_token_is_refused_by_its_reason()
    {
        var finished = await LibpqAsync(Shared.Issuer.Agent("agent-1", seconds: -600), UsesOAuth);
        Assert.Equal(1, finished.ExitCode);
        Assert.Contains("token expired", finished.Error);
    }

    [Fact]
    public async Task Who_does_not_ask_for_it_sends_a_password_and_whoever_says_something_else_is_told()
    {
        var token = Shared.Issuer.Agent("agent-1");
        Assert.Equal("1", (await fixture.Gateway.Psql(token).QueryAsync("SELECT 1")).Expect(0).Output.Trim());
        var asked = fixture.Gateway.Psql(token) with { Environment = new Dictionary<string, string> { ["PGOPTIONS"] = "-c sallyport.auth=password -c search_path=clinic" } };
        Assert.Equal("clinic", (await asked.QueryAsync("SHOW search_path")).Expect(0).Output.Trim());
        var wrong = fixture.Gateway.Psql(token) with { Environment = new Dictionary<string, string> { ["PGOPTIONS"] = "-c sallyport.auth=kerberos" } };
        Assert.Contains("sallyport.auth is password, oauth or certificate", (await wrong.QueryAsync("SELECT 1")).Error);
        // libpq 15 has no such mechanism, and says so itself.
        var old = fixture.Gateway.Psql(token) with { Environment = new Dictionary<string, string> { ["PGOPTIONS"] = UsesOAuth } };
        Assert.Equal(2, (await old.QueryAsync("SELECT 1")).ExitCode);
    }

    [Theory]
    [InlineData("OAUTHBEARER", "n,,\u0001auth=Bearer {token}\u0001\u0001", 'R')]
    [InlineData("OAUTHBEARER", "n,a=agent-1,\u0001host=localhost\u0001port=5432\u0001auth=bearer {token}\u0001\u0001", 'R')]
    [InlineData("OAUTHBEARER", "n,,\u0001auth=\u0001\u0001", 'C')]
    [InlineData("OAUTHBEARER", "n,,\u0001auth=Bearer nonsense\u0001\u0001", 'E')]
    [InlineData("OAUTHBEARER", "n,,\u0001auth=Basic {token}\u0001\u0001", ' ')]
    [InlineData("OAUTHBEARER", "p=tls-exporter,,\u0001auth=Bearer {token}\u0001\u0001", ' ')]
    [InlineData("OAUTHBEARER", "n,,\u0001auth=Bearer {token}\u0001auth=Bearer {token}\u0001\u0001", ' ')]
    [InlineData("OAUTHBEARER", "n,,auth=Bearer {token}", ' ')]
    [InlineData("OAUTHBEARER", "", ' ')]
    [InlineData("SCRAM-SHA-256", "n,,n=,r=abc", ' ')]
    public async Task Each_answer_means_what_the_mechanism_says(string mechanism, string response, char expected)
    {
        using var client = await RawClient.ConnectAsync(fixture.Gateway.PostgresPort);
        await client.SendAsync(RawClient.Startup("agent-1", "clinic", ("options", UsesOAuth)));
        var question = await client.ReadAsync();
        Assert.Equal(('R', "\0\0\0\u000aOAUTHBEARER\0\0"), (question!.Type, Encoding.ASCII.GetString(question.Body)));
        var bytes = Encoding.UTF8.GetBytes(response.Replace("{token}", Shared.Issuer.Agent("agent-1"), StringComparison.Ordinal));
        await client.SendAsync(RawClient.Message('p', [.. Encoding.ASCII.GetBytes(mechanism), 0, .. BitConverter.GetBytes(bytes.Length).Reverse(), .. bytes]));
        if (expected == 'C')
        {
            Assert.Contains("openid-configuration", Encoding.UTF8.GetString((await client.ReadAsync())!.Body), StringComparison.Ordinal);
            await client.SendAsync(RawClient.Message('p', [(byte)Separator]));
            Assert.Contains("no token given", Encoding.UTF8.GetString((await client.ReadAsync())!.Body), StringComparison.Ordinal);
            Assert.Empty(await client.ReadToEndAsync());
            return;
        }

        var answer = expected == 'R' ? (await client.ReadToReadyAsync())[0] : (await client.ReadToEndAsync()).FirstOrDefault();
        Assert.Equal(expected, answer?.Type ?? ' ');
    }

    private async Task<Finished> LibpqAsync(string token, string options)
    {
        var library = Path.Combine(Path.GetDirectoryName(PostgresServer.Binaries(18))!, "lib", "libpq.so.5");
        var settings = $"host=127.0.0.1 port={fixture.Gateway.PostgresPort} dbname=clinic user=agent-1 sslmode=disable require_auth=oauth options='{options}' "
            + $"oauth_issuer={LocalIssuer.Issuer} oauth_client_id=psql";
        return await ChildProcess.RunAsync(new Launch("/usr/bin/python3", Path.Combine(TestRun.Repository, "tests", "EndToEnd", "Clients", "oauth.py"), library, settings)
        {
            Environment = new() { ["TOKEN"] = token },
        });
    }

    public sealed class Fixture : GatewayFixture
    {
        private protected override Task<GatewaySettings> ChangeAsync(GatewaySettings settings) => Task.FromResult(settings with
        {
            ListenMore = $", oauthIssuer: \"{LocalIssuer.Issuer}\", oauthScope: openid gateway",
        });
    }
}
