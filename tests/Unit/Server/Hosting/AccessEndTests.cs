using Sallyport.Gateway.Access;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Policy;
using Sallyport.Unit.Gateway.Approvals;

namespace Sallyport.Unit.Server.Hosting;

/// <summary>What ends together with a run, or with somebody's right to come in.</summary>
public sealed class AccessEndTests
{
    private const string Access = """
        access:
          - {name: reads, groups: [reporting-agents], target: clinic, allow: [read], schemas: [clinic], verdict: auto, maxDuration: 1h}
          - {name: writes, groups: [reporting-agents], target: clinic, allow: [write], schemas: [clinic], approvers: [security-officers], maxDuration: 1h}
        """;

    private static readonly Principal Olga = ApprovalFixture.Human("olga", "operators");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Shutting_somebody_out_ends_the_grants_and_closes_the_requests_of_nobody_else()
    {
        await using var gateway = await OpenAsync();
        var (agent, other) = (ApprovalFixture.Agent(), ApprovalFixture.Agent(onBehalfOf: "zoe") with { Id = "p_other" });
        var (granted, pending) = (await AskAsync(gateway, agent, CommandClass.Read), await AskAsync(gateway, agent, CommandClass.Write));
        var kept = await AskAsync(gateway, other, CommandClass.Read);
        var waiting = gateway.Parts.Access.WaitAsync(pending.Id, TimeSpan.FromMinutes(5), Stop);

        await gateway.Parts.Principals.DisableAsync(agent.Id, Olga, "stolen");
        var ended = (await gateway.Parts.Access.FindGrantAsync(granted.GrantId, Stop))!;
        Assert.Equal(("principal-disabled", "olga"), (ended.EndCode, ended.EndedBy));
        Assert.Equal(AccessRequestState.Expired, (await waiting)!.State);
        Assert.Equal([kept.GrantId], gateway.Parts.Access.Active.Select(static grant => grant.Id));
        var after = gateway.Records().Select(static record => record.Kind).SkipWhile(static kind => kind != "principal.disable");
        Assert.Equal(["principal.disable", "grant.end", "access.decision"], after);

        await gateway.Parts.Principals.EnableAsync(agent.Id, Olga, "found");
        Assert.False((await gateway.Parts.Access.FindGrantAsync(granted.GrantId, Stop))!.IsActive);
    }

    [Fact]
    public async Task With_a_person_goes_what_the_agents_that_act_for_them_were_given()
    {
        await using var gateway = await OpenAsync();
        var agent = ApprovalFixture.Agent();
        var granted = await AskAsync(gateway, agent, CommandClass.Read);
        await gateway.Parts.Principals.DisableAsync(PrincipalReader.IdOf(agent.Issuer, "zoe", agent: ""), Olga, "left");
        Assert.Single(gateway.Parts.Access.Active);
        await gateway.Parts.Principals.DisableAsync(PrincipalReader.IdOf(agent.Issuer, agent.OnBehalfOf, agent: ""), Olga, "left");
        Assert.Equal("principal-disabled", (await gateway.Parts.Access.FindGrantAsync(granted.GrantId, Stop))!.EndCode);
    }

    [Fact]
    public async Task A_run_takes_along_what_was_given_and_asked_for_it_alone()
    {
        await using var gateway = await OpenAsync();
        var agent = ApprovalFixture.Agent(runId: "run-7");
        var (ofRun, lasting) = (await AskAsync(gateway, agent, CommandClass.Read, thisRunOnly: true), await AskAsync(gateway, agent, CommandClass.Read));
        var (pendingOfRun, pending) = (await AskAsync(gateway, agent, CommandClass.Write, thisRunOnly: true), await AskAsync(gateway, agent, CommandClass.Write));
        await gateway.Parts.Tokens.Revoker.RevokeRunAsync("run-7", Olga);
        Assert.Equal("run-ended", (await gateway.Parts.Access.FindGrantAsync(ofRun.GrantId, Stop))!.EndCode);
        Assert.Equal([lasting.GrantId], gateway.Parts.Access.Active.Select(static grant => grant.Id));
        Assert.Equal(AccessRequestState.Expired, (await gateway.Parts.Access.FindRequestAsync(pendingOfRun.Id, Stop))!.State);
        Assert.Equal(AccessRequestState.Pending, (await gateway.Parts.Access.FindRequestAsync(pending.Id, Stop))!.State);
    }

    private static async Task<GatewayFixture> OpenAsync()
    {
        var gateway = await GatewayFixture.CreateAsync();
        gateway.Write(Access);
        Assert.True(await gateway.Reloader.ReloadAsync());
        return gateway;
    }

    private static async Task<AccessRequest> AskAsync(GatewayFixture gateway, Principal requester, CommandClass wanted, bool thisRunOnly = false)
    {
        var ask = new AccessAsk { Target = "clinic", Scope = new AccessScope { Allow = [wanted], Schemas = ["clinic"] }, Length = TimeSpan.FromMinutes(30) };
        return Assert.IsType<AccessOutcome.OfRequest>(await gateway.Parts.Access.RequestAsync(requester, ask, thisRunOnly, "monthly report", Stop)).Request;
    }
}
