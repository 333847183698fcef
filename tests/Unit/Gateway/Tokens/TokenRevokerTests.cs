using Sallyport.Gateway.Identity;

namespace Sallyport.Unit.Gateway.Tokens;

public sealed class TokenRevokerTests
{
    [Fact]
    public async Task A_revoked_token_opens_nothing_and_is_not_renewed()
    {
        await using var gateway = await ExchangeFixture.CreateAsync();
        var issued = await gateway.IssueAsync(gateway.Human(), gateway.Pipeline());
        var other = await gateway.IssueAsync(issued.Token);
        var principal = await gateway.EnterAsync(issued.Token);
        await gateway.Revoker.RevokeTokenAsync(principal, principal);
        await AssertRevokedAsync(gateway, issued.Token);
        Assert.Equal("revoked", ((Sallyport.Gateway.Tokens.ExchangeResult.Refused)await gateway.ExchangeAsync(issued.Token)).Reason);
        await gateway.EnterAsync(other.Token);
        Assert.Equal([principal.TokenId], gateway.Recorded("token.revoke", "id"));
    }

    [Fact]
    public async Task An_ended_run_has_no_tokens_any_more()
    {
        await using var gateway = await ExchangeFixture.CreateAsync();
        var issued = await gateway.IssueAsync(gateway.Human(), gateway.Pipeline());
        var ended = "";
        gateway.Revoker.RunEnding.Add((run, _) =>
        {
            ended = run;
            return Task.CompletedTask;
        });
        await gateway.Revoker.RevokeRunAsync(issued.RunId, await gateway.EnterAsync(issued.Token));
        await AssertRevokedAsync(gateway, issued.Token);
        Assert.Equal(issued.RunId, ended);
        var refused = (Sallyport.Gateway.Tokens.ExchangeResult.Refused)await gateway.ExchangeAsync(gateway.Human(), gateway.Pipeline(), run: issued.RunId);
        Assert.Equal("run-over", refused.Reason);
    }

    [Fact]
    public async Task What_an_operator_writes_is_kept_in_the_store_and_committed_to_in_the_ledger()
    {
        await using var gateway = await ExchangeFixture.CreateAsync();
        var (spoken, silent) = (await gateway.IssueAsync(gateway.Human(), gateway.Pipeline()), await gateway.IssueAsync(gateway.Pipeline("clinic/nightly")));
        var by = await gateway.EnterAsync(silent.Token);
        await gateway.Revoker.RevokeRunAsync(spoken.RunId, by, "the canary went astray");
        await gateway.Revoker.RevokeRunAsync(silent.RunId, by);
        Assert.Equal([64, 0], gateway.Recorded("token.revoke", "reason_com").Select(static commitment => commitment.Length));
        Assert.DoesNotContain("canary", gateway.LedgerText(), StringComparison.Ordinal);
        var stored = await gateway.Store.LoadRevocationsAsync(gateway.Time.GetUtcNow(), TestContext.Current.CancellationToken);
        Assert.Equal(["", "the canary went astray"], stored.Select(static revocation => revocation.Note).Order());
    }

    [Fact]
    public async Task A_humans_revocation_ends_what_its_agents_have_now_and_nothing_of_later()
    {
        await using var gateway = await ExchangeFixture.CreateAsync();
        var human = gateway.Human();
        var agent = (await gateway.IssueAsync(human, gateway.Pipeline())).Token;
        var nightly = (await gateway.IssueAsync(gateway.Pipeline("clinic/nightly"))).Token;
        var alice = await gateway.EnterAsync(human);
        await gateway.Revoker.RevokePrincipalAsync(alice.Id, alice);
        await AssertRevokedAsync(gateway, human);
        await AssertRevokedAsync(gateway, agent);
        await gateway.EnterAsync(nightly);
        gateway.Time.Advance(TimeSpan.FromSeconds(2));
        await gateway.EnterAsync(gateway.Human());
    }

    [Fact]
    public void What_has_expired_is_forgotten_and_there_is_a_limit()
    {
        var now = new DateTimeOffset(2026, 11, 21, 0, 0, 0, TimeSpan.Zero);
        var revocations = new TokenRevocations();
        revocations.Add([new TokenRevocation(RevocationKind.Token, "t_1", now, now.AddMinutes(1))], now);
        Assert.Equal(1, revocations.Count);
        revocations.Add([], now.AddMinutes(2));
        Assert.Equal(0, revocations.Count);
        var many = Enumerable.Range(0, TokenRevocations.MaxEntries + 1).Select(n => new TokenRevocation(RevocationKind.Run, $"{n}", now, now.AddDays(1)));
        Assert.Throws<InvalidOperationException>(() => revocations.Add(many, now));
    }

    private static async Task AssertRevokedAsync(ExchangeFixture gateway, string token) =>
        Assert.Equal(AuthenticationFailure.Revoked, Assert.IsType<AuthenticationResult.Refused>(await gateway.AtTheDoorAsync(token)).Failure);
}
