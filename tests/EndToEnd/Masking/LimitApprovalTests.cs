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

    [Theory]
    [InlineData(5, 5, "SELECT 5")]
    [InlineData(6, 5, null)]
    [InlineData(500, 5, null)]
    public async Task A_result_past_the_row_limit_ends_with_an_error(int asked, int rows, string? tag)
    {
        using var client = await RawClient.SignInAsync(fixture.Gateway.PostgresPort, Shared.Issuer.Agent("rows"));
        var sql = $"SELECT first_name, gender FROM clinic.patients LIMIT {asked}";
        var simple = await client.RoundTripAsync(RawClient.Query(sql + "; SELECT 1"));
        var extended = await client.RoundTripAsync(
            RawClient.Parse("", sql), RawClient.Bind("", "", binaryResults: false), RawClient.Execute("", 3), RawClient.Execute("", 0), RawClient.Sync);
        foreach (var seen in new[] { simple, extended })
        {
            Assert.Equal(rows + (seen == simple && tag is not null ? 1 : 0), seen.Count(m => m.Type == 'D'));
            Assert.Equal(tag is null, seen.Any(m => m.Type == 'E' && m.Field('C') == "54000" && m.Text.Contains("row-limit", StringComparison.Ordinal)));
        }

        var clean = await client.RoundTripAsync(RawClient.Query("SELECT * FROM generate_series(1, 100)"));
        Assert.Equal(100, clean.Count(m => m.Type == 'D'));
    }

    [Fact]
    public async Task A_change_past_the_row_limit_is_undone()
    {
        using var client = await RawClient.SignInAsync(fixture.Gateway.PostgresPort, Shared.Issuer.Agent("rows"));
        var before = await fixture.Server.ScalarAsync("SELECT count(*) FROM clinic.patients WHERE prefix = 'Prof.'", fixture.Database);
        Assert.Contains(
            await client.RoundTripAsync(RawClient.Query("UPDATE clinic.patients SET prefix = 'Prof.' WHERE patient_id > 0 RETURNING patient_id")),
            m => m.Type == 'E' && m.Field('C') == "54000");
        Assert.Equal(before, await fixture.Server.ScalarAsync("SELECT count(*) FROM clinic.patients WHERE prefix = 'Prof.'", fixture.Database));
    }

    public sealed class Fixture : GatewayFixture
    {
        private protected override Task<GatewaySettings> ChangeAsync(GatewaySettings settings) => Task.FromResult(settings with
        {
            Rules = "",
            Limits = "{haltedFor: 0s}",
            More = "inference: {constantsPerHour: 2, approvers: [security-officers], hold: 0s, rows: 5}",
        });
    }
}
