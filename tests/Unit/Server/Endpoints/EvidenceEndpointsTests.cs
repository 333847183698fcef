using System.Net;
using Sallyport.Api;
using Sallyport.Evidence.Bundles;
using Sallyport.Evidence.Verification;
using Sallyport.Gateway.Sessions;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Server.Endpoints;

public sealed class EvidenceEndpointsTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_auditor_gets_a_bundle_that_verifies_offline()
    {
        await using var api = await ApiFixture.CreateAsync();
        var session = await api.StartSessionAsync("agent-reporting", "ses_1");
        await api.EndAsync(session, SessionEnd.Idle);
        using var response = await api.PostAsync(ApiRoutes.EvidenceExports, "aron", "{\"session\":\"ses_1\"}");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("application/zip", response.Content.Headers.ContentType?.MediaType);
        await using var bundle = await response.Content.ReadAsStreamAsync(Stop);
        var result = BundleVerifier.Verify(bundle, VerificationKey.Parse(api.Recorder.Ledger.VerifierKey));
        Assert.Equal(VerificationOutcome.Verified, result.Outcome);
        Assert.Equal(1, result.Sessions);
        Assert.Contains(DurableRecords.Of(api.Recorder.Ledger), record => record.Kind == "export.created");
    }

    [Theory]
    [InlineData("agent-reporting")]
    [InlineData("dana")]
    [InlineData("sam")]
    [InlineData("olga")]
    public async Task Nobody_but_auditors_exports(string person)
    {
        await using var api = await ApiFixture.CreateAsync();
        using var response = await api.PostAsync(ApiRoutes.EvidenceExports, person, "{\"session\":\"ses_1\"}");
        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.DoesNotContain(DurableRecords.Of(api.Recorder.Ledger), record => record.Kind == "export.created");
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("{\"session\":\"\"}")]
    [InlineData("{\"session\":\"a\",\"agent\":\"b\"}")]
    [InlineData("{\"from\":\"2026-01-01T00:00:00Z\"}")]
    [InlineData("{\"from\":\"2026-01-02T00:00:00Z\",\"to\":\"2026-01-01T00:00:00Z\"}")]
    [InlineData("{\"session\":\"ses_unknown\"}")]
    public async Task A_choice_that_holds_nothing_is_a_problem_and_not_a_file(string body)
    {
        await using var api = await ApiFixture.CreateAsync();
        using var response = await api.PostAsync(ApiRoutes.EvidenceExports, "aron", body);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal(ApiProblem.MediaType, response.Content.Headers.ContentType?.MediaType);
        Assert.Null(response.Content.Headers.ContentDisposition);
    }
}
