using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Sallyport.Api;
using Sallyport.Gateway.Configuration;
using Sallyport.Gateway.Exports;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Server.Endpoints;

public sealed class ExportEndpointsTests
{
    [Theory]
    [InlineData("olga", HttpStatusCode.OK)]
    [InlineData("aron", HttpStatusCode.OK)]
    [InlineData("sam", HttpStatusCode.Forbidden)]
    [InlineData("agent-reporting", HttpStatusCode.Forbidden)]
    public async Task Operators_and_auditors_see_how_far_exports_are(string person, HttpStatusCode status)
    {
        await using var api = await ApiFixture.CreateAsync();
        using var folder = new TemporaryFolder();
        var desk = api.App.Services.GetRequiredService<ExportDesk>();
        await desk.ConfigureAsync(
            [new ExportConfiguration { Name = "archive", Kind = ExportKind.Ndjson, Format = ExportFormat.Record, File = folder.File("out"), MaxFileBytes = 1 << 20 }]);
        while (desk.Exporters[0].State is not { Waiting: 0, Sent: > 0 })
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
        using var response = await api.GetAsync(ApiRoutes.Exports, person);
        Assert.Equal(status, response.StatusCode);
        if (status == HttpStatusCode.OK)
        {
            var export = (await ApiFixture.JsonAsync(response)).GetProperty("items").EnumerateArray().Single();
            Assert.Equal(("archive", "ndjson", "record", "up-to-date"), (Text("name"), Text("kind"), Text("format"), Text("state")));
            Assert.Equal(0, export.GetProperty("waiting").GetInt64());

            string? Text(string name) => export.GetProperty(name).GetString();
        }
        using var metrics = await api.GetAsync("/metrics");
        Assert.Contains("sallyport_exports_behind{export=\"archive\"} 0", await metrics.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        await desk.DisposeAsync();
    }
}
