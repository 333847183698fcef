using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Sallyport.Api;
using Sallyport.Server.Access;
using Sallyport.Server.Endpoints;
using Sallyport.Server.Mcp;
using Sallyport.Server.Metrics;

namespace Sallyport.Server.Hosting;

/// <summary>The web application of the API. It reads no settings but those it is given: no environment, no appsettings file.</summary>
internal static class ApiApplication
{
    public const int MaxConnections = 1024;
    public const int MaxHeadersBytes = 40 * 1024;
    public const int MaxHeaders = 64;
    public const int MaxRequestLineBytes = 4 * 1024;
    public const int MaxStreamsPerConnection = 64;
    private static readonly TimeSpan HeadersTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan KeepAliveTimeout = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(10);

    /// <param name="address">Where to listen; port 0 takes a free one.</param>
    /// <param name="certificate">Null serves plain HTTP, which configuration allows on loopback only.</param>
    /// <param name="shutdownTimeout">How long the end waits for running requests.</param>
    /// <param name="register">Adds the services that endpoints use.</param>
    public static WebApplication Build(
        IPEndPoint address, ServerCertificate? certificate, TimeSpan shutdownTimeout, Action<WebApplicationBuilder> register)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = [], EnvironmentName = Environments.Production });
        builder.Configuration.Sources.Clear();
        builder.WebHost.ConfigureKestrel(kestrel => Configure(kestrel, address, certificate));
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = shutdownTimeout);
        builder.Services.ConfigureHttpJsonOptions(json => Configure(json.SerializerOptions));
        // Authentication brings data protection along, which would store a key on disk; nothing here uses it.
        builder.Services.AddDataProtection().UseEphemeralDataProtectionProvider();
        builder.Services.AddAuthentication(BearerHandler.Scheme).AddScheme<AuthenticationSchemeOptions, BearerHandler>(BearerHandler.Scheme, null);
        // Closed by default: an endpoint nobody thought about needs a signed-in caller.
        builder.Services.AddAuthorizationBuilder().SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());
        builder.Services.AddOpenApi("v1");
        builder.Services.AddRateLimiter(RequestRate.Configure);
        register(builder);

        var app = builder.Build();
        // Made now, because it counts from when it exists.
        _ = app.Services.GetRequiredService<PrometheusText>();
        app.Use(AnswerProblemsAsync);
        app.UseExceptionHandler(static failed => failed.Run(static context => Problems.OfStatus(StatusCodes.Status500InternalServerError).ExecuteAsync(context)));
        app.UseRouting();
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseRateLimiter();
        Map(app);
        return app;
    }

    private static void Map(WebApplication app)
    {
        var api = app.MapGroup("").RequireAuthorization();
        api.MapMe();
        api.MapPolicy();
        api.MapApprovals();
        api.MapAccess();
        api.MapSessions();
        api.MapRuns();
        api.MapPrincipals();
        api.MapBudgets();
        api.MapExplain();
        api.MapFloor();
        api.MapSelfTest();
        api.MapEvidence();
        api.MapLedger();
        api.MapTokens();
        api.MapNotifications();
        api.MapExports();
        app.MapOAuth();
        api.MapMcp();
        app.MapHealth();
        app.MapMetrics();
        app.MapApprovalSignpost();
        app.MapAccessSignposts();
        app.MapProtectedResource();
        app.MapOpenApi("/openapi/{documentName}.json").AllowAnonymous();
    }

    private static void Configure(KestrelServerOptions kestrel, IPEndPoint address, ServerCertificate? certificate)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxConcurrentConnections = MaxConnections;
        kestrel.Limits.MaxConcurrentUpgradedConnections = 0;
        kestrel.Limits.MaxRequestBodySize = ApiLimits.MaxRequestBytes;
        kestrel.Limits.MaxRequestHeadersTotalSize = MaxHeadersBytes;
        kestrel.Limits.MaxRequestHeaderCount = MaxHeaders;
        kestrel.Limits.MaxRequestLineSize = MaxRequestLineBytes;
        kestrel.Limits.RequestHeadersTimeout = HeadersTimeout;
        kestrel.Limits.KeepAliveTimeout = KeepAliveTimeout;
        kestrel.Limits.Http2.MaxStreamsPerConnection = MaxStreamsPerConnection;
        kestrel.Listen(address, listen =>
        {
            listen.Protocols = certificate is null ? HttpProtocols.Http1 : HttpProtocols.Http1AndHttp2;
            if (certificate is not null)
            {
                listen.UseHttps(new TlsHandshakeCallbackOptions
                {
                    HandshakeTimeout = HandshakeTimeout,
                    OnConnection = _ => ValueTask.FromResult(certificate.Options),
                });
            }
        });
    }

    private static void Configure(JsonSerializerOptions json)
    {
        json.TypeInfoResolverChain.Insert(0, ApiJson.Default);
        var strict = ApiJson.Default.Options;
        json.PropertyNamingPolicy = strict.PropertyNamingPolicy;
        json.PropertyNameCaseInsensitive = strict.PropertyNameCaseInsensitive;
        json.NumberHandling = strict.NumberHandling;
        json.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
        json.AllowDuplicateProperties = strict.AllowDuplicateProperties;
        json.RespectNullableAnnotations = strict.RespectNullableAnnotations;
        json.RespectRequiredConstructorParameters = strict.RespectRequiredConstructorParameters;
        json.MaxDepth = strict.MaxDepth;
    }

    /// <summary>Sets the headers every answer has, and gives an answer that is only a status its problem document.</summary>
    private static async Task AnswerProblemsAsync(HttpContext context, RequestDelegate next)
    {
        // At the start of the answer, because the exception handler clears what was set before.
        context.Response.OnStarting(static state => SetHeadersAsync((HttpContext)state), context);
        await next(context);
        var response = context.Response;
        if (response is { HasStarted: false, StatusCode: >= StatusCodes.Status400BadRequest, ContentType: null } && response.ContentLength is null or 0)
        {
            await Problems.OfStatus(response.StatusCode).ExecuteAsync(context);
        }
    }

    private static Task SetHeadersAsync(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers.ContentSecurityPolicy = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
        headers["Referrer-Policy"] = "no-referrer";
        headers.CacheControl = "no-store";
        if (context.Request.IsHttps)
        {
            headers.StrictTransportSecurity = "max-age=31536000";
        }
        return Task.CompletedTask;
    }
}
