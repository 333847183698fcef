using Sallyport.EndToEnd.Support;
using Sallyport.EndToEnd.Systems;

namespace Sallyport.EndToEnd.Masking;

/// <summary>A statement at a limit waits for a human where the configuration names some, and runs once when one agrees.</summary>
public sealed class LimitApprovalTests(LimitApprovalTests.Fixture fixture) : IClassFixture<LimitApprovalTests.Fixture>
{
    [Fact]
    public async Task A_reviewer_lets_one_statement_past_the_limit()
    {
        using var client = await RawClient.SignInAsync(fixture.Gateway.PostgresPort, Shared.Issuer.Agent("asker"));
        var query = (string value) => client.RoundTripAsync(
            RawClient.Parse("", "SELECT patient_id FROM clinic.patients WHERE mrn = $1"), RawClient.Bind("", "", binaryResults: false, value), RawClient.Execute(""), RawClient.Sync);
        Assert.Contains(await query("a"), m => m.Type == 'C');
        Assert.Contains(await query("b"), m => m.Type == 'C');

        var error = Assert.Single(await query("c"), m => m.Type == 'E');
        Assert.Equal("SP001", error.Field('C'));
        var reviewer = Shared.Issuer.Human("carol", "security-officers");
        var approval = await fixture.Gateway.ApprovalAsync(reviewer, a => a.GetProperty("rule").GetString() == "constants-budget");
        await fixture.Gateway.ApiAsync(HttpMethod.Post, $"/api/v1/approvals/{approval.GetProperty("id").GetString()}/approve", reviewer, new { reason = "known patient" });

        Assert.Contains(await query("c"), m => m.Type == 'C');
        Assert.Contains(await query("d"), m => m.Type == 'E' && m.Field('C') == "SP001");
        Assert.Contains(await query("a"), m => m.Type == 'C');
    }

    public sealed class Fixture : GatewayFixture
    {
        private protected override Task<GatewaySettings> ChangeAsync(GatewaySettings settings) => Task.FromResult(settings with
        {
            Rules = "",
            Limits = "{haltedFor: 0s}",
            More = "inference: {constantsPerHour: 2, approvers: [security-officers], hold: 0s}",
        });
    }
}
