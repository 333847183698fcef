using System.Net;
using System.Text.Json;
using Sallyport.EndToEnd.Support;
using Sallyport.EndToEnd.Systems;

namespace Sallyport.EndToEnd.Access;

/// <summary>The gateway as an issuer: real people's tokens and workloads' tokens become tokens of the gateway, which open its doors until they are revoked.</summary>
public sealed class TokenExchangeTests(TokenExchangeTests.Fixture fixture) : IClassFixture<TokenExchangeTests.Fixture>
{
    private const string Workload = "clinic/reporting";

    [Fact]
    public async Task A_person_and_a_workload_get_one_token_that_opens_every_door_and_is_recorded()
    {
        var issued = await IssueAsync(Alice(), Pipeline());
        var token = issued.GetProperty("access_token").GetString()!;
        Assert.Equal("1", (await fixture.Gateway.Psql(token).QueryAsync("SELECT 1")).Expect(0).Output.Trim());
        var (_, me) = await fixture.Gateway.ApiAsync(HttpMethod.Get, "/api/v1/me", token);
        Assert.Equal(("agent", Workload, "alice"), (Text(me, "kind"), Text(me, "name"), Text(me, "onBehalfOf")));
        Assert.Equal(Text(issued, "run_id"), Text(me, "run"));
        Assert.Equal(["developers"], me.GetProperty("groups").EnumerateArray().Select(g => g.GetString()));
        Assert.Equal(["agent"], me.GetProperty("roles").EnumerateArray().Select(r => r.GetString()));

        var records = await ExportedEvidence.ExportAsync(fixture.Gateway, Shared.Issuer);
        Assert.Contains(records.OfKind("token.issue"), r => Text(r, "run") == Text(issued, "run_id") && Text(r, "for") == Text(me, "id") && Text(r, "rule") == "ci");
        Assert.DoesNotContain(token, fixture.Gateway.Log);
        Assert.Empty(WrittenFiles.Of(fixture.Gateway).Holding(token));
    }

    [Fact]
    public async Task Metadata_and_keys_are_published_and_another_key_takes_over_while_old_tokens_count()
    {
        var (_, metadata) = await fixture.Gateway.ApiAsync(HttpMethod.Get, "/.well-known/openid-configuration", token: null);
        Assert.Equal($"http://127.0.0.1:{fixture.Gateway.ApiPort}/oauth/token", Text(metadata, "token_endpoint"));
        var (_, resource) = await fixture.Gateway.ApiAsync(HttpMethod.Get, "/.well-known/oauth-protected-resource/mcp", token: null);
        Assert.Equal(Text(metadata, "issuer"), resource.GetProperty("authorization_servers").EnumerateArray().Last().GetString());
        var token = Text(await IssueAsync(Alice(), Pipeline()), "access_token");
        var before = await KeysAsync();
        var (status, _) = await fixture.Gateway.ApiAsync(HttpMethod.Post, "/api/v1/tokens/keys/rotate", Shared.Issuer.Human("oscar", "operators"));
        Assert.Equal(HttpStatusCode.OK, status);
        var after = await KeysAsync();
        Assert.Equal(before.Count + 1, after.Count);
        Assert.All(before, key => Assert.Contains(key, after));
        (await fixture.Gateway.Psql(token).QueryAsync("SELECT 1")).Expect(0);
    }

    [Fact]
    public async Task Each_wrong_exchange_has_its_own_reason_and_record()
    {
        var alice = Alice();
        var once = Pipeline();
        await IssueAsync(alice, once);
        var bound = Text(await IssueAsync(alice, Pipeline()), "access_token");
        await PostAsync("/oauth/revoke", new() { ["token"] = bound });
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var cases = new (string Reason, string Subject, string Actor, string ExpiresIn)[]
        {
            ("wrong-audience", alice, Pipeline(c => c["aud"] = "elsewhere"), ""),
            ("unknown-issuer", Shared.Issuer.Sign(LocalIssuer.Claims("eve", "cli", "developers", change: c => c["iss"] = "https://evil.example.test")), Pipeline(), ""),
            ("replayed", alice, once, ""),
            ("expired", alice, Pipeline(c => c["exp"] = now - 600), ""),
            ("revoked", bound, "", ""),
            ("lifetime-too-long", alice, Pipeline(), "3601"),
            ("agent-as-subject", Pipeline(), Pipeline(c => c["repository"] = "clinic/other"), ""),
            ("no-delegation", alice, Pipeline(c => c["repository"] = "clinic/other"), ""),
        };
        foreach (var (reason, subject, actor, expiresIn) in cases)
        {
            var (status, refused) = await ExchangeAsync(subject, actor, expiresIn);
            Assert.Equal((HttpStatusCode.BadRequest, "invalid_request", reason), (status, Text(refused, "error"), Text(refused, "reason")));
        }

        var records = await ExportedEvidence.ExportAsync(fixture.Gateway, Shared.Issuer);
        Assert.All(cases, c => Assert.Contains(records.OfKind("token.refuse"), r => Text(r, "reason") == c.Reason));
        var direct = await fixture.Gateway.Psql(Pipeline()).QueryAsync("SELECT 1");
        Assert.Contains("open no door", direct.Error);
    }

    [Fact]
    public async Task Revocation_ends_a_running_session_at_once_and_by_anybody_who_may()
    {
        var token = Text(await IssueAsync(Alice(), Pipeline()), "access_token");
        await using var connection = await fixture.Gateway.ConnectAsync(token);
        Assert.Equal(HttpStatusCode.OK, await PostAsync("/oauth/revoke", new() { ["token"] = token }));
        await EndedAsync(connection, "revoked");
        Assert.Contains("revoked", (await fixture.Gateway.Psql(token).QueryAsync("SELECT 1")).Error);

        var issued = await IssueAsync(Alice(), Pipeline());
        await using var another = await fixture.Gateway.ConnectAsync(Text(issued, "access_token"));
        var path = $"/api/v1/runs/{Text(issued, "run_id")}/end";
        Assert.Equal(HttpStatusCode.NotFound, (await fixture.Gateway.ApiAsync(HttpMethod.Post, path, Shared.Issuer.Human("bob", "developers"))).Status);
        // The human it works for, at the issuer's own token.
        Assert.Equal(HttpStatusCode.OK, (await fixture.Gateway.ApiAsync(HttpMethod.Post, path, Alice())).Status);
        await EndedAsync(another, "run");
        var (_, over) = await ExchangeAsync(Text(issued, "access_token"), "");
        Assert.Equal("revoked", Text(over, "reason"));
    }

    [Fact]
    public async Task Revocations_and_used_tokens_outlive_a_restart()
    {
        var once = Pipeline();
        var token = Text(await IssueAsync(Alice(), once), "access_token");
        var kept = Text(await IssueAsync(Alice(), Pipeline()), "access_token");
        await PostAsync("/oauth/revoke", new() { ["token"] = token });
        await fixture.Gateway.StopAsync();
        await fixture.Gateway.RestartAsync();
        Assert.Contains("revoked", (await fixture.Gateway.Psql(token).QueryAsync("SELECT 1")).Error);
        (await fixture.Gateway.Psql(kept).QueryAsync("SELECT 1")).Expect(0);
        var (_, refused) = await ExchangeAsync(Alice(), once);
        Assert.Equal("replayed", Text(refused, "reason"));
    }

    [Fact]
    public async Task Neither_the_agent_nor_its_human_can_approve_what_the_agent_asks_for()
    {
        var alice = Alice("security-officers");
        var token = Text(await IssueAsync(alice, Pipeline()), "access_token");
        var psql = ChildProcess.RunAsync(fixture.Gateway.Psql(token).Launch("--command", "UPDATE clinic.payers SET ownership = ownership WHERE name = 'none'"));
        string? id = null;
        await TestRun.UntilAsync("an approval waits", async () =>
        {
            var (_, page) = await fixture.Gateway.ApiAsync(HttpMethod.Get, "/api/v1/approvals?state=pending", token);
            id = page.GetProperty("items").EnumerateArray().Select(a => Text(a, "id")).FirstOrDefault();
            return id is not null || psql.IsCompleted;
        });
        Assert.True(id is not null, psql.IsCompleted ? (await psql).Error : "");
        foreach (var decider in (string[])[token, alice, Text(await IssueAsync(alice, ""), "access_token")])
        {
            Assert.Equal(HttpStatusCode.Forbidden, (await fixture.Gateway.ApiAsync(HttpMethod.Post, $"/api/v1/approvals/{id}/approve", decider)).Status);
        }

        await fixture.Gateway.ApiAsync(HttpMethod.Post, $"/api/v1/approvals/{id}/deny", Shared.Issuer.Human("carol", "security-officers"), new { reason = "no" });
        await psql;
        var records = await ExportedEvidence.ExportAsync(fixture.Gateway, Shared.Issuer);
        Assert.Equal(3, records.OfKind("approval.decide").Count(r => Text(r, "decision") == "refused" && Text(r, "approval") == id));
    }

    private static string Alice(string groups = "developers") => Shared.Issuer.Human("alice", groups);

    private static async Task EndedAsync(Npgsql.NpgsqlConnection connection, string why)
    {
        var ended = await Assert.ThrowsAnyAsync<Npgsql.NpgsqlException>(async () =>
        {
            for (var i = 0; i < 100; i++)
            {
                await using var command = new Npgsql.NpgsqlCommand("SELECT 1", connection);
                await command.ExecuteScalarAsync();
                await Task.Delay(20);
            }
        });
        Assert.Contains(why, ended.Message, StringComparison.Ordinal);
    }

    /// <summary>What GitHub gives a pipeline, by another name.</summary>
    private static string Pipeline(Action<Dictionary<string, object>>? change = null) => Fixture.Pipelines.Sign(LocalIssuer.Claims("", "", "", change: claims =>
    {
        claims["iss"] = Fixture.PipelineIssuer;
        claims["sub"] = $"repo:{Workload}:ref:refs/heads/main";
        claims["repository"] = Workload;
        claims.Remove("client_id");
        claims.Remove("groups");
        change?.Invoke(claims);
    }));

    private async Task<List<string>> KeysAsync()
    {
        var (_, keys) = await fixture.Gateway.ApiAsync(HttpMethod.Get, "/oauth/keys", token: null);
        return [.. keys.GetProperty("keys").EnumerateArray().Select(key => Text(key, "kid"))];
    }

    private async Task<JsonElement> IssueAsync(string subject, string actor)
    {
        var (status, answer) = await ExchangeAsync(subject, actor);
        Assert.True(status == HttpStatusCode.OK, answer.ToString());
        return answer;
    }

    private async Task<(HttpStatusCode Status, JsonElement Answer)> ExchangeAsync(string subject, string actor, string expiresIn = "")
    {
        using var http = fixture.Gateway.Http(token: null);
        using var response = await http.PostAsync(new Uri("/oauth/token", UriKind.Relative), new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["grant_type"] = "urn:ietf:params:oauth:grant-type:token-exchange",
            ["subject_token"] = subject,
            ["subject_token_type"] = "urn:ietf:params:oauth:token-type:access_token",
            ["actor_token"] = actor,
            ["actor_token_type"] = actor.Length > 0 ? "urn:ietf:params:oauth:token-type:jwt" : "",
            ["expires_in"] = expiresIn,
        }));
        return (response.StatusCode, JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement);
    }

    private async Task<HttpStatusCode> PostAsync(string path, Dictionary<string, string> form)
    {
        using var http = fixture.Gateway.Http(token: null);
        using var response = await http.PostAsync(new Uri(path, UriKind.Relative), new FormUrlEncodedContent(form));
        return response.StatusCode;
    }

    private static string Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.GetString() ?? "" : "";

    public sealed class Fixture : GatewayFixture
    {
        internal const string PipelineIssuer = "https://ci.example.test";

        internal static LocalIssuer Pipelines { get; } = new();

        private protected override Task<GatewaySettings> ChangeAsync(GatewaySettings settings) => Task.FromResult(settings with
        {
            MoreIssuers = $"- {{issuer: {PipelineIssuer}, audience: sallyport, jwks: {{file: {Pipelines.KeyFile}}}, kind: agent, agentName: repository, oneTime: true}}",
            Grants = GatewaySettings.AllowAll + "\n- {name: developers, groups: [developers, security-officers], target: clinic, allow: [read, write]}",
            More = $"tokens: {{delegations: [{{name: ci, agents: [\"{Workload}@{PipelineIssuer}\"], humans: [developers, security-officers]}}]}}",
        });
    }
}
