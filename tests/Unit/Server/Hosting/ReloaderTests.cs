using System.Net;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Recording;
using Sallyport.Gateway.Sessions;
using Sallyport.Unit.Gateway.Approvals;

namespace Sallyport.Unit.Server.Hosting;

public sealed class ReloaderTests
{
    [Fact]
    public async Task A_valid_file_is_recorded_and_in_force()
    {
        await using var gateway = await GatewayFixture.CreateAsync();
        gateway.Write("rules: []");
        Assert.True(await gateway.Reloader.ReloadAsync());
        var current = gateway.Parts.Policy.Current;
        Assert.NotEqual(gateway.Configuration.Hash, current.Hash);
        Assert.Empty(current.Rules);
        Assert.Contains(("policy.activate", current.Hash), gateway.Records());
    }

    [Theory]
    [InlineData("rules:\n  - {name: x, match: {effects: [no-such-effect]}, verdict: deny}")]
    [InlineData("unknown: 1")]
    public async Task A_file_with_any_problem_changes_nothing(string more)
    {
        await using var gateway = await GatewayFixture.CreateAsync();
        var before = gateway.Parts.Policy.Current;
        gateway.Write(more);
        Assert.False(await gateway.Reloader.ReloadAsync());
        Assert.Same(before, gateway.Parts.Policy.Current);
        Assert.Single(gateway.Records(), record => record.Kind == "policy.activate");
        var refused = gateway.Reloader.State.Refused!;
        Assert.Equal(("policy.refused", refused.Hash), gateway.Records()[^1]);
        Assert.True(refused.Problems > 0);
        Assert.Equal(before.Hash, gateway.Reloader.State.Hash);
        gateway.Write(GatewayFixture.Rules);
        Assert.True(await gateway.Reloader.ReloadAsync());
        Assert.Null(gateway.Reloader.State.Refused);
    }

    [Fact]
    public async Task The_gateway_names_itself_among_the_issuers_once_it_issues_tokens()
    {
        await using var gateway = await GatewayFixture.CreateAsync();
        Assert.Equal(["https://issuer.test"], gateway.Parts.Authenticator.TokenIssuers);
        gateway.Write("tokens: {}");
        Assert.True(await gateway.Reloader.ReloadAsync());
        Assert.Equal(["https://issuer.test", gateway.Parts.Tokens.Exchanger.Issuer], gateway.Parts.Authenticator.TokenIssuers);
    }

    [Fact]
    public async Task Roles_follow_the_new_file()
    {
        await using var gateway = await GatewayFixture.CreateAsync();
        var sam = ApprovalFixture.Human("sam", "security-officers");
        Assert.Equal(["reviewer"], gateway.Parts.Roles.RolesOf(sam));
        gateway.Write("rules: []");
        await gateway.Reloader.ReloadAsync();
        Assert.Empty(gateway.Parts.Roles.RolesOf(sam));
    }

    [Fact]
    public async Task A_session_outlives_a_change_of_rules_masks_and_predicates_but_not_one_of_the_address()
    {
        await using var gateway = await GatewayFixture.CreateAsync();
        var ends = new List<SessionEnd>();
        await StartSessionAsync(gateway, ends);
        var catalog = gateway.Parts.Targets.Find("clinic")!.Catalog;
        gateway.Write("rules: []");
        Assert.True(await gateway.Reloader.ReloadAsync());
        Assert.Equal(0, catalog.Declaration);
        gateway.Write("rules: []", mask: "redact");
        Assert.True(await gateway.Reloader.ReloadAsync());
        Assert.Equal(1, catalog.Declaration);
        gateway.Write("rules: []\npredicates: {default: none}", mask: "redact");
        Assert.True(await gateway.Reloader.ReloadAsync());
        Assert.Equal(2, catalog.Declaration);
        Assert.Empty(ends);
        Assert.Same(catalog, gateway.Parts.Targets.Find("clinic")!.Catalog);
        gateway.Write("rules: []", mask: "redact", database: "clinic2");
        Assert.True(await gateway.Reloader.ReloadAsync());
        Assert.Equal("target-changed", Assert.Single(ends).Code);
        Assert.NotSame(catalog, gateway.Parts.Targets.Find("clinic")!.Catalog);
    }

    [Fact]
    public async Task A_file_that_names_unusable_mask_keys_changes_nothing()
    {
        await using var gateway = await GatewayFixture.CreateAsync();
        var before = gateway.Parts.Policy.Current;
        var keys = Path.Combine(Path.GetDirectoryName(gateway.File)!, "keys");
        await File.WriteAllTextAsync(keys, "no keys\n", TestContext.Current.CancellationToken);
        File.SetUnixFileMode(keys, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        gateway.Write("rules: []\nmaskKeys: {file: keys}", mask: "{mask: token, scope: target}");
        Assert.False(await gateway.Reloader.ReloadAsync());
        Assert.Same(before, gateway.Parts.Policy.Current);
        Assert.Equal(1, gateway.Reloader.State.Refused!.Problems);
    }

    private static async Task StartSessionAsync(GatewayFixture gateway, List<SessionEnd> ends)
    {
        Principal agent = ApprovalFixture.Agent();
        var recorder = await gateway.Parts.Recorder.StartSessionAsync(new SessionFacts
        {
            SessionId = "ses_1",
            Target = "clinic",
            Principal = agent,
            ClientAddress = "192.0.2.1",
            Tls = "none",
            Protocol = "postgres",
        });
        gateway.Parts.Sessions.Add(new Session
        {
            Id = "ses_1",
            Principal = agent,
            Target = "clinic",
            Client = new IPEndPoint(IPAddress.Loopback, 1),
            StartedAt = TimeProvider.System.GetUtcNow(),
            Recorder = recorder,
            End = ends.Add,
            CheckClient = static () => { },
            IsBusy = static () => false,
        });
    }
}
