using System.Text;
using System.Text.Json;
using Sallyport.Api;
using Sallyport.Evidence.Verification;

namespace Sallyport.Unit.Server.Endpoints;

public sealed class LedgerEndpointsTests
{
    [Fact]
    public async Task The_checkpoint_verifies_with_the_key_and_covers_what_was_recorded()
    {
        await using var api = await ApiFixture.CreateAsync();
        using var keyResponse = await api.GetAsync(ApiRoutes.LedgerKey, "aron");
        var key = JsonSerializer.Deserialize(
            await keyResponse.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), ApiJson.Default.LedgerKeyResource)!;
        await api.StartSessionAsync("agent-reporting", "ses_1");
        using var response = await api.GetAsync(ApiRoutes.LedgerCheckpoint, "aron");
        Assert.Equal("text/plain", response.Content.Headers.ContentType?.MediaType);
        var note = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        var checkpoint = Checkpoint.Open(Encoding.UTF8.GetBytes(note), VerificationKey.Parse(key.VerifierKey));
        Assert.Equal("gateway.test", checkpoint.Origin);
        Assert.Equal(api.Recorder.Ledger.DurableRecords, checkpoint.Size);
    }
}
