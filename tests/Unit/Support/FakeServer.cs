using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Sallyport.Unit.Support;

/// <summary>A real HTTP server on loopback that answers as a test says and remembers what it was asked.</summary>
internal sealed class FakeServer : IAsyncDisposable
{
    private readonly WebApplication _application;

    private FakeServer(WebApplication application) => _application = application;

    public ConcurrentQueue<FakeRequest> Requests { get; } = new();

    public Uri Address { get; private set; } = null!;

    /// <summary>Answers every request; set it before the first one.</summary>
    public RequestDelegate Answer { get; set; } = context => Task.FromException(new InvalidOperationException($"No answer for {context.Request.Path}."));

    public FakeRequest Only => Assert.Single(Requests);

    public static async Task<FakeServer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var server = new FakeServer(builder.Build());
        server._application.Run(server.ServeAsync);
        await server._application.StartAsync();
        server.Address = new Uri(server._application.Urls.Single());
        return server;
    }

    /// <summary>Answers every request with one JSON document.</summary>
    public void AnswerJson(string json, int status = 200, string type = "application/json") => Answer = context => WriteAsync(context, json, status, type);

    public static Task WriteAsync(HttpContext context, string body, int status = 200, string type = "application/json")
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        return context.Response.WriteAsync(body);
    }

    public async ValueTask DisposeAsync() => await _application.DisposeAsync();

    private async Task ServeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var request = context.Request;
        Requests.Enqueue(new FakeRequest(
            $"{request.Method} {request.Path}{request.QueryString}", request.Headers.Authorization.ToString(), System.Text.Encoding.UTF8.GetString(body.ToArray())));
        await Answer(context);
    }
}

internal sealed record FakeRequest(string Line, string Authorization, string Body);
