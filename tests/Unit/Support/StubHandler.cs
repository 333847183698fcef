using System.Net;
using System.Text;

namespace Sallyport.Unit.Support;

/// <summary>Answers HTTP requests inside the process, so that nothing but the clock decides when code under test goes on.</summary>
internal sealed class StubHandler(Func<StubRequest, StubAnswer> answer) : HttpMessageHandler
{
    public List<StubRequest> Requests { get; } = [];

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken);
        var seen = new StubRequest(request.RequestUri!.AbsoluteUri, body, request.Headers.Authorization?.ToString() ?? "");
        Requests.Add(seen);
        var (status, json) = answer(seen);
        return new HttpResponseMessage(status) { Content = new StringContent(json, Encoding.UTF8, "application/json") };
    }
}

internal sealed record StubRequest(string Uri, string Body, string Authorization);

internal sealed record StubAnswer(HttpStatusCode Status, string Json);
