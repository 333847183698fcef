using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Sallyport.Gateway.Configuration;
using Sallyport.Gateway.Exports;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Gateway.Exports;

public sealed class WebhookSenderTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_post_is_signed_and_keeps_its_id_when_it_is_sent_again()
    {
        await using var fixture = await ExportFixture.CreateAsync();
        await using var server = await FakeServer.StartAsync();
        List<Dictionary<string, string>> headers = [];
        server.Answer = context =>
        {
            headers.Add(context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase));
            return FakeServer.WriteAsync(context, "", headers.Count == 1 ? 503 : 204);
        };
        using var sender = Sender(fixture, server.Address);
        var batch = fixture.Everything();
        Assert.Equal("status-503", (await Assert.ThrowsAsync<ExportFailedException>(() => sender.SendAsync(batch, Stop))).Code);
        await sender.SendAsync(batch, Stop);
        var body = server.Requests.Last().Body;
        var signed = $"{headers[1]["webhook-id"]}.{headers[1]["webhook-timestamp"]}.{body}";
        Assert.Equal("v1," + Convert.ToBase64String(HMACSHA256.HashData("key"u8, Encoding.UTF8.GetBytes(signed))), headers[1]["webhook-signature"]);
        Assert.Equal(headers[0]["webhook-id"], headers[1]["webhook-id"]);
        var data = JsonDocument.Parse(body).RootElement.GetProperty("data");
        Assert.Equal(
            batch.Records.Select(record => (record.Index, record.Hash)),
            data.GetProperty("records").EnumerateArray().Select(item => (item.GetProperty("index").GetInt64(), item.GetProperty("leaf").GetString()!)));
    }

    [Fact]
    public async Task Who_cannot_be_reached_or_redirects_has_not_taken_anything()
    {
        await using var fixture = await ExportFixture.CreateAsync();
        var server = await FakeServer.StartAsync();
        server.Answer = context =>
        {
            context.Response.Redirect("https://elsewhere.example/");
            return Task.CompletedTask;
        };
        using var sender = Sender(fixture, server.Address);
        Assert.Equal("status-302", (await Assert.ThrowsAsync<ExportFailedException>(() => sender.SendAsync(fixture.Everything(), Stop))).Code);
        await server.DisposeAsync();
        Assert.Equal("unreachable", (await Assert.ThrowsAsync<ExportFailedException>(() => sender.SendAsync(fixture.Everything(), Stop))).Code);
    }

    [Fact]
    public async Task A_secret_that_is_gone_sends_nothing_unsigned()
    {
        await using var fixture = await ExportFixture.CreateAsync();
        await using var server = await FakeServer.StartAsync();
        using var sender = Sender(fixture, server.Address);
        File.Delete(fixture.PathOf("secret"));
        Assert.Equal("no-secret", (await Assert.ThrowsAsync<ExportFailedException>(() => sender.SendAsync(fixture.Everything(), Stop))).Code);
        Assert.Empty(server.Requests);
    }

    private static WebhookSender Sender(ExportFixture fixture, Uri address) => new(
        ExportFixture.Configuration with { Kind = ExportKind.Webhook, Url = address, Secret = fixture.Secret("key") }, fixture.Time);
}
