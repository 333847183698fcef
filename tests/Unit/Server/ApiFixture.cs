using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Sallyport.Gateway.Configuration;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Sessions;
using Sallyport.Server.Access;
using Sallyport.Server.Endpoints;
using Sallyport.Server.Hosting;
using Sallyport.Server.Metrics;
using Sallyport.Unit.Gateway.Approvals;

namespace Sallyport.Unit.Server;

/// <summary>The API on a loopback port. A token is the name of one of <see cref="People"/>.</summary>
internal sealed class ApiFixture : IAsyncDisposable
{
    public static readonly IReadOnlyDictionary<string, Principal> People = new[]
    {
        ApprovalFixture.Agent(),
        ApprovalFixture.Agent() with { Id = "p_agent2", Name = "agent-2", Subject = "agent-2", OnBehalfOf = "" },
        ApprovalFixture.Human("dana", "developers"),
        ApprovalFixture.Human("sam", "security-officers"),
        ApprovalFixture.Human("olga", "operators"),
        ApprovalFixture.Human("aron", "auditors"),
        ApprovalFixture.Human("nina", "staff"),
    }.ToDictionary(person => person.Name);

    private ApiFixture(ApprovalFixture approvals, WebApplication app, GatewayMetrics metrics)
    {
        Approvals = approvals;
        App = app;
        Metrics = metrics;
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        Http = new HttpClient { BaseAddress = new Uri(address) };
    }

    public ApprovalFixture Approvals { get; }

    public WebApplication App { get; }

    public HttpClient Http { get; }

    public GatewayMetrics Metrics { get; }

    public string? Obstacle { get; set; }

    public static async Task<ApiFixture> CreateAsync()
    {
        var approvals = await ApprovalFixture.CreateAsync();
        var roles = new RoleMap(new RolesConfiguration
        {
            Developer = ["developers"], Reviewer = ["security-officers"], Operator = ["operators"], Auditor = ["auditors"],
        });
        var metrics = new GatewayMetrics();
        ApiFixture? fixture = null;
        var app = ApiApplication.Build(new IPEndPoint(IPAddress.Loopback, 0), certificate: null, TimeSpan.FromSeconds(5), builder =>
        {
            builder.Logging.ClearProviders();
            builder.Services.AddSingleton<TokenCheck>((token, _, _) => ValueTask.FromResult(Check(token)));
            builder.Services.AddSingleton<Func<RoleMap>>(() => roles);
            builder.Services.AddSingleton(approvals.Desk);
            builder.Services.AddSingleton(metrics);
            builder.Services.AddSingleton<PrometheusText>();
            builder.Services.AddSingleton(new Readiness([() => fixture?.Obstacle]));
        });
        await app.StartAsync(TestContext.Current.CancellationToken);
        return fixture = new ApiFixture(approvals, app, metrics);
    }

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? person = null, string? body = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (person is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", person);
        }
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }
        return await Http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    public Task<HttpResponseMessage> GetAsync(string path, string? person = null) => SendAsync(HttpMethod.Get, path, person);

    public Task<HttpResponseMessage> PostAsync(string path, string? person, string? body = null) => SendAsync(HttpMethod.Post, path, person, body);

    public static async Task<JsonElement> JsonAsync(HttpResponseMessage response)
    {
        using var document = JsonDocument.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        return document.RootElement.Clone();
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await App.DisposeAsync();
        Metrics.Dispose();
        await Approvals.DisposeAsync();
    }

    private static AuthenticationResult Check(string token) => People.TryGetValue(token, out var person)
        ? new AuthenticationResult.Accepted(person)
        : new AuthenticationResult.Refused(AuthenticationFailure.Expired, "The token has expired; get a new one.");
}
