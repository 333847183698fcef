using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Sallyport.EndToEnd.Exports;

/// <summary>A server that keeps what is posted to it, or refuses while a test says so.</summary>
internal sealed class PostReceiver : IAsyncDisposable
{
    private const int MaxBodyBytes = 64 << 20;

    private readonly WebApplication _web;

    private PostReceiver(WebApplication web) => _web = web;

    /// <summary>Whether it answers 503 and keeps nothing.</summary>
    public bool IsDown { get; set; }

    /// <summary>Posts that were refused.</summary>
    public int Refused { get; private set; }

    /// <summary>Every post that was taken.</summary>
    public ConcurrentQueue<Post> Posts { get; } = new();

    public string Address => _web.Urls.Single();

    public static async Task<PostReceiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = MaxBodyBytes);
        var web = builder.Build();
        var receiver = new PostReceiver(web);
        web.Run(receiver.TakeAsync);
        await web.StartAsync();
        return receiver;
    }

    public IEnumerable<byte[]> BodiesAt(string path) => Posts.Where(post => post.Path == path).Select(post => post.Body);

    public async ValueTask DisposeAsync() => await _web.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        if (IsDown)
        {
            Refused++;
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return;
        }
        Posts.Enqueue(new Post(
            context.Request.Path, context.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase), body.ToArray()));
        if (context.Request.Path == "/fhir")
        {
            // What a FHIR server answers to a transaction: one status for each entry.
            var entries = JsonDocument.Parse(body.ToArray()).RootElement.GetProperty("entry").GetArrayLength();
            await context.Response.WriteAsync(
                $"{{\"resourceType\":\"Bundle\",\"type\":\"transaction-response\",\"entry\":[{string.Join(',', Enumerable.Repeat("{\"response\":{\"status\":\"201 Created\"}}", entries))}]}}");
        }
    }
}

internal sealed record Post(string Path, IReadOnlyDictionary<string, string> Headers, byte[] Body);
