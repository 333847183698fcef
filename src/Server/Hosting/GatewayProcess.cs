using Microsoft.Extensions.DependencyInjection.Extensions;
using Sallyport.Api;
using Sallyport.Evidence.Log;
using Sallyport.Gateway.Configuration;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Protocols.Postgres.Administration;
using Sallyport.Gateway.Protocols.Postgres.Explain;
using Sallyport.Gateway.Protocols.Postgres.Local;
using Sallyport.Gateway.Protocols.Postgres.SelfTests;
using Sallyport.Server.Access;
using Sallyport.Server.Endpoints;
using Sallyport.Server.Mcp;
using Sallyport.Server.Metrics;
using Sallyport.Server.Storage;

namespace Sallyport.Server.Hosting;

/// <summary>Runs a gateway from a valid configuration until the process is asked to stop.</summary>
internal static partial class GatewayProcess
{
    /// <summary>Time for the web server on top of what sessions get.</summary>
    private static readonly TimeSpan WebShutdownTime = TimeSpan.FromSeconds(10);

    public static async Task RunAsync(string file, GatewayConfiguration configuration, ILoggerFactory logs, CancellationToken cancellationToken)
    {
        var time = TimeProvider.System;
        await using var parts = await GatewayParts.OpenAsync(configuration, logs, time, cancellationToken);
        using var otlp = configuration.Telemetry.OtlpEndpoint is { } collector ? OtlpMetrics.Start(collector) : null;
        var certificate = configuration.Listen.Https is not null ? ServerCertificate.Load(configuration.Tls!) : null;
        var address = configuration.Listen.Https ?? configuration.Listen.Http ?? throw new InvalidOperationException("The configuration has no address for the API.");
        await using var app = ApiApplication.Build(address, certificate, configuration.Limits.ShutdownTimeout + WebShutdownTime, builder =>
        {
            builder.Services.Replace(ServiceDescriptor.Singleton(logs));
            Register(builder.Services, parts, configuration, time);
            builder.Services.AddSingleton(services => new Reloader(
                file, configuration, parts, services.GetRequiredService<DataPlane>(), certificate, time, services.GetRequiredService<ILogger<Reloader>>()));
            builder.Services.AddHostedService(static services => services.GetRequiredService<Reloader>());
            builder.Services.AddSingleton<Func<PolicyState>>(static services =>
            {
                var reloader = services.GetRequiredService<Reloader>();
                return () => reloader.State;
            });
            builder.Services.AddHostedService(services => new ConfigurationWatch(
                file, services.GetRequiredService<Reloader>(), time, services.GetRequiredService<ILogger<ConfigurationWatch>>()));
        });
        app.Lifetime.ApplicationStarted.Register(() => Started(logs.CreateLogger("Sallyport"), GatewayParts.Version, configuration.Hash, string.Join(' ', app.Urls)));
        await app.RunAsync(cancellationToken);
    }

    private static void Register(IServiceCollection services, GatewayParts parts, GatewayConfiguration configuration, TimeProvider time)
    {
        services.AddSingleton(time);
        services.AddSingleton(parts);
        services.AddSingleton(configuration);
        services.AddSingleton(parts.Approvals);
        services.AddSingleton(parts.Notifications);
        services.AddSingleton(parts.Exports);
        services.AddSingleton(DoorsOf(configuration));
        services.AddSingleton(parts.Tokens.Exchanger);
        services.AddSingleton(parts.Tokens.Revoker);
        services.AddSingleton(parts.Tokens.Store);
        services.AddSingleton(parts.Authenticator);
        services.AddSingleton(parts.Principals);
        services.AddSingleton(new SqliteActivity(parts.Database));
        services.AddSingleton(parts.Usage);
        services.AddSingleton(parts.Access);
        services.AddSingleton(parts.Grants);
        services.AddSingleton(parts.Policy);
        services.AddSingleton(parts.Sessions);
        services.AddSingleton(parts.Recorder);
        services.AddSingleton(parts.Recorder.Ledger);
        services.AddSingleton(parts.Metrics);
        services.AddSingleton(_ => new FloorKeeper(parts.Targets, parts.Policy, parts.Recorder, parts.Transport, time));
        services.AddSingleton(_ => new SelfTester(
            parts.Targets, parts.Policy, parts.Authenticator, parts.Approvals, parts.Recorder, parts.Metrics, parts.Transport, time));
        services.AddSingleton(_ => new StatementExplainer(
            parts.Targets, parts.Policy, parts.Recorder, parts.Sessions, parts.Metrics, parts.Transport, time));
        services.AddSingleton<PrometheusText>();
        services.AddSingleton<Func<RoleMap>>(() => parts.Roles);
        services.AddSingleton<TokenCheck>((token, clientAddress, certificate, cancellationToken) =>
            CheckAsync(parts, token, clientAddress, certificate, cancellationToken));
        services.AddSingleton(new SqliteSessions(parts.Database));
        services.AddSingleton<SessionIndex>();
        // Services stop in the reverse order: the index outlives the sessions that the data plane ends.
        services.AddHostedService(static services => services.GetRequiredService<SessionIndex>());
        services.AddSingleton<DataPlane>();
        services.AddHostedService(static services => services.GetRequiredService<DataPlane>());
        services.AddHostedService<ApprovalExpiry>();
        services.AddSingleton(new PublicAddress(configuration.PublicUrl));
        services.AddSingleton<Func<LocalDoor>>(static services =>
        {
            var dataPlane = services.GetRequiredService<DataPlane>();
            return () => dataPlane.Local ?? throw new InvalidOperationException("The data plane is not open.");
        });
        McpTools.Register(services);
        services.AddHostedService<AccessSweep>();
        services.AddHostedService<ExportWatch>();
        if (parts.Cosigner is { } cosigner)
        {
            services.AddSingleton(cosigner);
            services.AddHostedService<Witnessing>();
        }
        services.AddSingleton(static services => ReadinessOf(services.GetRequiredService<DataPlane>(), services.GetRequiredService<GatewayParts>()));
    }

    private static async ValueTask<AuthenticationResult> CheckAsync(
        GatewayParts parts, string token, string clientAddress, string certificate, CancellationToken cancellationToken)
    {
        var result = await parts.Authenticator.AuthenticateAsync(token, TokenUse.Door, certificate, cancellationToken);
        if (result is AuthenticationResult.Refused refused)
        {
            await parts.Recorder.AuthenticationFailedAsync(refused.Failure, clientAddress, "api");
        }
        return result;
    }

    private static DoorsResource DoorsOf(GatewayConfiguration configuration) => new()
    {
        Postgres = configuration.Listen.Postgres is { } address
            ? new DoorResource { Host = configuration.PublicUrl.IdnHost, Port = address.Port, Tls = configuration.Tls is not null }
            : null,
    };

    private static Readiness ReadinessOf(DataPlane dataPlane, GatewayParts parts) => new(
    [
        () => dataPlane.IsOpen ? null : "The gateway is starting or shutting down.",
        () => parts.Recorder.Ledger.Failure is null ? null : "The ledger cannot be written.",
        () => parts.Recorder.Disk.State == DiskState.Normal ? null : "The ledger's disk is nearly full.",
        // Keys that grew old while nobody called are fetched by the next caller; only a failure to fetch them is an obstacle.
        () => parts.Authenticator.Issuers.Any(issuer => issuer.IsUsable || issuer is { KeysAge: not null, LastFailure: null })
            ? null
            : "No issuer's keys are known.",
    ]);

    [LoggerMessage(Level = LogLevel.Information, Message = "Sallyport {Version} is ready with policy {Policy}; API on {Addresses}")]
    private static partial void Started(ILogger logger, string version, string policy, string addresses);
}
