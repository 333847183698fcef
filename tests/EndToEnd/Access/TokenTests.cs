using System.Security.Cryptography;
using Sallyport.EndToEnd.Systems;

namespace Sallyport.EndToEnd.Access;

/// <summary>Each wrong token is refused with its own reason, recorded, and never logged.</summary>
public sealed class TokenTests(TokenTests.Fixture fixture) : IClassFixture<TokenTests.Fixture>
{
    [Fact]
    public async Task Each_wrong_token_is_refused_with_its_own_reason_recorded_and_never_logged()
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        using var otherKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var issuer = Shared.Issuer;
        var cases = new (string Reason, string Token)[]
        {
            ("no-token", ""),
            ("malformed-token", "not-a-token"),
            ("expired", issuer.Sign(Claims(c => c["exp"] = now - 600))),
            ("not-yet-valid", issuer.Sign(Claims(c => c["nbf"] = now + 600))),
            ("wrong-audience", issuer.Sign(Claims(c => c["aud"] = "another-service"))),
            ("unknown-issuer", issuer.Sign(Claims(c => c["iss"] = "https://evil.example.test"))),
            ("algorithm-not-allowed", issuer.Sign(Claims(), algorithm: "none")),
            ("algorithm-not-allowed", issuer.Sign(Claims(), algorithm: "HS256")),
            ("unknown-key", issuer.Sign(Claims(), keyId: "another")),
            ("bad-signature", issuer.Sign(Claims(), otherKey: otherKey)),
            ("missing-subject", issuer.Sign(Claims(c => c.Remove("sub")))),
            ("token-too-long", issuer.Sign(Claims(c => c["padding"] = new string('x', 20_000)))),
        };
        var messages = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (reason, token) in cases)
        {
            var finished = await fixture.Gateway.Psql(token).QueryAsync("SELECT 1");
            Assert.Equal(2, finished.ExitCode);
            Assert.DoesNotContain("token-bytes", finished.Error);
            if (token.Length > 0)
            {
                Assert.True(finished.Error.Contains("FATAL", StringComparison.Ordinal), $"{reason}: {finished.Error}");
                messages.Add(reason + ": " + finished.Error.Split("FATAL:")[^1].Split('\n')[0]);
            }
        }

        // A reason of its own for each kind.
        Assert.Equal(cases.Where(c => c.Token.Length > 0).Select(c => c.Reason).Distinct().Count(), messages.Select(m => m.Split(": ", 2)[1]).Distinct().Count());

        var records = await ExportedEvidence.ExportAsync(fixture.Gateway, Shared.Issuer);
        Assert.All(cases.Where(c => c.Token.Length > 0).Select(c => c.Reason).Distinct(), reason =>
            Assert.Contains(records.OfKind("auth.fail"), r => r.ToString().Contains($"\"{reason}\"", StringComparison.Ordinal)));

        Assert.All(cases.Where(c => c.Token.Length > 20), c => AssertNowhere(c.Token));
    }

    [Fact]
    public async Task A_good_token_is_accepted_and_never_written_anywhere()
    {
        var token = Shared.Issuer.Agent("agent-1", runId: "run-9");
        (await fixture.Gateway.Psql(token).QueryAsync("SELECT 1")).Expect(0);
        AssertNowhere(token);
        AssertNowhere(PostgresServer.GatewayPassword);
        var records = await ExportedEvidence.ExportAsync(fixture.Gateway, Shared.Issuer);
        Assert.Contains(records.OfKind("auth.ok"), r => r.ToString().Contains("run-9", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_session_ends_when_its_token_has_and_the_client_is_told_how_to_go_on()
    {
        var (gateway, _, _) = await Shared.GatewayAsync(change: s => s with { Limits = "{tokenGrace: 1s}" });
        await using (gateway)
        {
            await using var connection = await gateway.ConnectAsync(Shared.Issuer.Agent("agent-1", seconds: 3));
            var ended = await Assert.ThrowsAnyAsync<Npgsql.NpgsqlException>(async () =>
            {
                for (var i = 0; i < 300; i++)
                {
                    await using var command = new Npgsql.NpgsqlCommand("SELECT 1", connection);
                    await command.ExecuteScalarAsync();
                    await Task.Delay(100);
                }
            });
            Assert.Contains("token", ended.Message, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public async Task Real_tokens_of_the_provider_open_the_door_in_both_algorithms()
    {
        var provider = await Shared.ProviderAsync();
        var (gateway, _, _) = await Shared.GatewayAsync(change: s => s with { Provider = provider });
        await using (gateway)
        {
            foreach (var algorithm in (string[])["es256", "rs256"])
            {
                var token = await provider.AgentTokenAsync("agent-1", OidcProvider.Resource(algorithm));
                (await gateway.Psql(token).QueryAsync("SELECT 1")).Expect(0);
            }

            var delegated = await provider.AgentForAsync("agent-1", "alice");
            (await gateway.Psql(delegated).QueryAsync("SELECT 1")).Expect(0);
            var other = await gateway.Psql(await provider.AgentTokenAsync("agent-1", OidcProvider.Resource(audience: "other"))).QueryAsync("SELECT 1");
            Assert.Equal(2, other.ExitCode);
        }
    }

    private static Dictionary<string, object> Claims(Action<Dictionary<string, object>>? change = null) =>
        LocalIssuer.Claims("agent-1", "agent-1", "reporting-agents", change: change);

    private void AssertNowhere(string secret)
    {
        Assert.DoesNotContain(secret, fixture.Gateway.Log);
        Assert.Empty(WrittenFiles.Of(fixture.Gateway).Holding(secret));
    }

    public sealed class Fixture : GatewayFixture;
}
