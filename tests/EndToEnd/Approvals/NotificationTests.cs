using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Sallyport.EndToEnd.Support;
using Sallyport.EndToEnd.Systems;

namespace Sallyport.EndToEnd.Approvals;

/// <summary>People are told that somebody waits for them: who, for whom and where, and nothing of the statement.</summary>
public sealed partial class NotificationTests(NotificationTests.Fixture fixture) : IClassFixture<NotificationTests.Fixture>
{
    private const string Secret = "the webhook's key";

    [Fact]
    public async Task Every_place_hears_of_a_held_command_and_none_of_what_it_says()
    {
        var agent = fixture.Gateway.Psql(Shared.Issuer.Agent("agent-1", onBehalfOf: "bob"));
        var refused = (await agent.QueryAsync("UPDATE scratch.told SET note = 'Canary' WHERE id = 81548154")).Expect(1);
        var approval = ApprovalId().Match(refused.Error).Value;
        // The other test's mail is in the same box.
        string[] AboutIt() => [.. fixture.Sinks.Posts.Select(post => post.Body).Concat(fixture.Sinks.Mails).Where(message => message.Contains(approval, StringComparison.Ordinal))];
        await TestRun.UntilAsync("all places were told", () => AboutIt().Length == 4);

        Assert.All(AboutIt(), message =>
        {
            Assert.Contains("agent-1", message);
            Assert.Contains("bob", message);
            Assert.Contains("told-writes", message);
            Assert.DoesNotContain("Canary", message);
            Assert.DoesNotContain("81548154", message);
            Assert.DoesNotContain("UPDATE", message);
        });
        var (_, headers, body) = Assert.Single(fixture.Sinks.Posts, post => post.Path == "/hook" && post.Body.Contains(approval, StringComparison.Ordinal));
        var signature = HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), Encoding.UTF8.GetBytes($"{headers["webhook-id"]}.{headers["webhook-timestamp"]}.{body}"));
        Assert.Equal("v1," + Convert.ToBase64String(signature), headers["webhook-signature"]);
        Assert.EndsWith($"/approvals/{approval}", JsonDocument.Parse(body).RootElement.GetProperty("data").GetProperty("url").GetString());
    }

    [Fact]
    public async Task Every_place_hears_of_a_request_for_access_and_of_an_emergency_and_none_of_why()
    {
        var agent = fixture.Gateway.Cli("asking") with { Token = Shared.Issuer.Agent("agent-2", onBehalfOf: "bob", groups: "guest-agents") };
        var pending = (await agent.RunAsync("access", "request", "--target", "clinic", "--allow", "read", "--tables", "scratch.told", "--for", "10m", "--reason", "Canary 81548154", "--json")).Expect(2);
        var asked = JsonDocument.Parse(pending.Output).RootElement;
        var responder = fixture.Gateway.Cli("responder") with { Token = Shared.Issuer.Human("rita", "responders") };
        var opened = await responder.JsonAsync("access", "break-glass", "--target", "clinic", "--reason", "Canary 81548154");
        using var anybody = fixture.Gateway.Http(token: null);
        foreach (var (about, who) in new[] { (asked, "agent-2"), (opened, "rita") })
        {
            var id = about.GetProperty("id").GetString()!;
            string[] AboutIt() => [.. fixture.Sinks.Posts.Select(post => post.Body).Concat(fixture.Sinks.Mails).Where(message => message.Contains(id, StringComparison.Ordinal))];
            await TestRun.UntilAsync("all places were told", () => AboutIt().Length == 4);
            Assert.All(AboutIt(), message =>
            {
                Assert.Contains(who, message);
                Assert.DoesNotContain("Canary", message);
                Assert.DoesNotContain("81548154", message);
                Assert.DoesNotContain("scratch", message);
            });
            using var hook = JsonDocument.Parse(Assert.Single(fixture.Sinks.Posts, post => post.Path == "/hook" && post.Body.Contains(id, StringComparison.Ordinal)).Body);
            var link = hook.RootElement.GetProperty("data").GetProperty("url").GetString()!;
            Assert.Contains($"sallyport access show {id}", await anybody.GetStringAsync(new Uri(link)));
        }
    }

    [Fact]
    public async Task An_operator_tests_a_place_and_sees_which_do_not_get_through()
    {
        var operators = fixture.Gateway.Cli("operator") with { Token = Shared.Issuer.Human("olga", "operators") };
        (await operators.RunAsync("notifications", "test", "mail")).Expect(0);
        await TestRun.UntilAsync("the mail is there", () => fixture.Sinks.Mails.Any(mail => mail.Contains("Sallyport: test mail", StringComparison.Ordinal)));
        (await operators.RunAsync("notifications", "test", "broken")).Expect(6);
        (await operators.RunAsync("notifications", "test", "nobody")).Expect(6);
        var list = await operators.JsonAsync("notifications", "list");
        var broken = list.GetProperty("items").EnumerateArray().Single(place => place.GetProperty("name").GetString() == "broken");
        Assert.Equal("unreachable", broken.GetProperty("lastProblem").GetString());
        Assert.True(broken.GetProperty("failing").GetInt32() > 0);
        foreach (var token in new[] { Shared.Issuer.Human("carol", "security-officers"), Shared.Issuer.Agent("agent-1", groups: "operators") })
        {
            (await (fixture.Gateway.Cli("other") with { Token = token }).RunAsync("notifications", "test", "mail")).Expect(4);
        }
    }

    [GeneratedRegex(@"apr_\w+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ApprovalId();

    public sealed class Fixture : GatewayFixture, IAsyncDisposable
    {
        internal MessageSinks Sinks { get; private set; } = null!;

        private protected override Task PrepareAsync() => Server.ExecuteAsync(
            $"CREATE TABLE scratch.told (id integer PRIMARY KEY, note text); GRANT SELECT, UPDATE ON scratch.told TO {PostgresServer.GatewayUser}", Database);

        private protected override async Task<GatewaySettings> ChangeAsync(GatewaySettings settings)
        {
            Sinks = await MessageSinks.StartAsync();
            return settings with
            {
                Rules = "- {name: told-writes, match: {class: write, tables: [scratch.told]}, verdict: ask, approvers: [security-officers], hold: 0s}",
                More = $$$"""
                    access:
                      - {name: guests, groups: [guest-agents], target: clinic, allow: [read], tables: [scratch.told], approvers: [security-officers], maxDuration: 1h}
                    breakGlass:
                      - {name: night, groups: [responders], target: clinic, allow: [read], schemas: [clinic], duration: 5m, reviewers: [security-officers]}
                    notifications:
                      - {name: hook, kind: webhook, url: {file: {{{File("hook", Sinks.WebAddress + "/hook")}}}}, secret: {file: {{{File("key", Secret)}}}}}
                      - {name: chat, kind: slack, url: {file: {{{File("chat", Sinks.WebAddress + "/chat")}}}}}
                      - {name: cards, kind: teams, url: {file: {{{File("cards", Sinks.WebAddress + "/cards")}}}}}
                      - {name: mail, kind: smtp, server: "127.0.0.1:{{{Sinks.MailPort}}}", from: gateway@clinic.example, to: [reviewers@clinic.example], withoutTls: true}
                      - {name: broken, kind: slack, url: {file: {{{File("broken", "http://127.0.0.1:1/")}}}}, events: [break-glass]}
                    """,
            };
        }

        async ValueTask IAsyncDisposable.DisposeAsync()
        {
            await DisposeAsync();
            await Sinks.DisposeAsync();
        }

        private static string File(string name, string text)
        {
            var path = Path.Combine(TestRun.Subdirectory("messages"), name);
            System.IO.File.WriteAllText(path, text);
            return path;
        }
    }
}
