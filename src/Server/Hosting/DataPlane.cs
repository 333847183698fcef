using System.Net;
using Sallyport.Gateway.Configuration;
using Sallyport.Gateway.Listeners;
using Sallyport.Gateway.Protocols.Postgres;
using Sallyport.Gateway.Protocols.Postgres.Engine;
using Sallyport.Gateway.Protocols.Postgres.Local;
using Sallyport.Gateway.Sessions;
using Sallyport.Gateway.Transport.Tls;

namespace Sallyport.Server.Hosting;

/// <summary>Opens the doors of the wire protocols, and shuts them: no new session, a clear error for those that are open, and the record of the end.</summary>
internal sealed partial class DataPlane(GatewayParts parts, GatewayConfiguration configuration, TimeProvider time, ILogger<DataPlane> logger) : IHostedService, IDisposable
{
    /// <summary>The application protocol of PostgreSQL over TLS (IANA).</summary>
    private const string PostgresProtocol = "postgresql";

    private PostgresListener? _postgres;
    private PostgresDoor? _door;

    /// <summary>Where PostgreSQL clients connect; null when that door is shut.</summary>
    public IPEndPoint? PostgresAddress => _postgres?.LocalEndPoint;

    /// <summary>Where clients of other protocols in this process come in; null before the start.</summary>
    public LocalDoor? Local { get; private set; }

    /// <summary>Whether the doors are open: false before the start and from the beginning of the end.</summary>
    public bool IsOpen { get; private set; }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _door = Door();
        var entrance = new PostgresEntrance(_door);
        Local = new LocalDoor(_door, entrance, parts.Transport);
        if (configuration.Listen.Postgres is { } address)
        {
            _postgres = new PostgresListener(parts.Transport, entrance);
            _postgres.Open(address);
            Listening("postgres", _postgres.LocalEndPoint!.ToString());
        }
        parts.Sessions.Start();
        IsOpen = true;
        // Keys that cannot be had now are asked for again by the first caller; nobody waits for them here.
        _ = parts.Authenticator.WarmUpAsync(CancellationToken.None);
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        IsOpen = false;
        _postgres?.Dispose();
        Ending(parts.Sessions.Count);
        var left = await parts.Sessions.EndAllAsync(SessionEnd.Shutdown, configuration.Limits.ShutdownTimeout);
        if (left > 0)
        {
            NotEnded(left);
        }
        await parts.Recorder.StoppedAsync("shutdown");
        Stopped();
    }

    /// <summary>Reads the certificate of the doors without using it yet; null where the configuration has none.</summary>
    /// <exception cref="TlsFailedException">The files cannot be used.</exception>
    public static TlsServerOptions? ReadCertificate(GatewayConfiguration configuration) =>
        configuration.Tls is { } tls ? TlsServerOptions.FromPem(tls.CertificateFile, tls.KeyFile, tls.AsksForCertificate, [PostgresProtocol]) : null;

    /// <summary>Shows another certificate from the next handshake on. A door that opened with one never goes on without.</summary>
    public void UseCertificate(TlsServerOptions? next)
    {
        if (_door is not null && next is not null)
        {
            _door.Tls = next;
        }
    }

    public void Dispose() => _postgres?.Dispose();

    private PostgresDoor Door() => new()
    {
        Authenticator = parts.Authenticator,
        Policy = parts.Policy,
        Approvals = parts.Approvals,
        Budgets = parts.Budgets,
        Usage = parts.Usage,
        Recorder = parts.Recorder,
        Sessions = parts.Sessions,
        Metrics = parts.Metrics,
        Targets = parts.Targets,
        CancelKeys = new CancelKeys(),
        Time = time,
        Tls = ReadCertificate(configuration),
        InsecureLoopback = configuration.InsecureLoopback,
        PrefersOAuth = configuration.Listen.PostgresSignIn == PostgresSignIn.OAuth,
        OAuthIssuer = configuration.Listen.OAuthIssuer,
        OAuthScope = configuration.Listen.OAuthScope,
        TokenBytes = configuration.Limits.TokenBytes,
        MessageBytes = configuration.Limits.MessageBytes,
        StatementBytes = configuration.Limits.StatementBytes,
        StartupTimeout = configuration.Limits.StartupTimeout,
        PendingStartups = configuration.Limits.PendingStartups,
        HaltedFor = configuration.Limits.HaltedFor,
    };

    [LoggerMessage(Level = LogLevel.Information, Message = "Listening for {Protocol} on {Address}")]
    private partial void Listening(string protocol, string address);

    [LoggerMessage(Level = LogLevel.Information, Message = "Shutting down: {Count} sessions are being ended")]
    private partial void Ending(int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} sessions did not end in time; the next start records them as cut off")]
    private partial void NotEnded(int count);

    [LoggerMessage(Level = LogLevel.Information, Message = "The gateway has stopped")]
    private partial void Stopped();
}
