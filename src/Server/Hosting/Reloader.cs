using System.Runtime.InteropServices;
using Sallyport.Gateway.Configuration;
using Sallyport.Gateway.Sessions;
using Sallyport.Server.Access;

namespace Sallyport.Server.Hosting;

/// <summary>
/// Puts another version of the configuration file in force on SIGHUP: recorded first, then active as a whole. A file with any problem changes nothing.
/// </summary>
internal sealed partial class Reloader(
    string file,
    GatewayConfiguration initial,
    GatewayParts parts,
    DataPlane dataPlane,
    ServerCertificate? certificate,
    TimeProvider time,
    ILogger<Reloader> logger) : IHostedService, IDisposable
{
    private static readonly SessionEnd TargetChanged = new(
        "target-changed", "57P01", "the gateway's configuration of this target has changed; connect again");

    private readonly SemaphoreSlim _oneAtATime = new(1, 1);
    private readonly string _data = initial.DataDirectory;
    private GatewayConfiguration _current = initial;
    private PosixSignalRegistration? _signal;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _signal = HangUpSignal.Handle(() => _ = ReloadAndReportAsync());
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        _signal?.Dispose();
        return Task.CompletedTask;
    }

    /// <summary>Reads the file again.</summary>
    /// <returns>Whether it is in force.</returns>
    public async Task<bool> ReloadAsync()
    {
        await _oneAtATime.WaitAsync();
        try
        {
            var result = ConfigurationLoader.Load(file);
            foreach (var problem in result.Problems)
            {
                Problem(problem.ToString());
            }
            if (result.Configuration is not { } next)
            {
                Refused(_current.Hash);
                return false;
            }
            await ActivateAsync(next);
            return true;
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    public void Dispose()
    {
        _signal?.Dispose();
        _oneAtATime.Dispose();
    }

    private async Task ActivateAsync(GatewayConfiguration next)
    {
        if (RestartOnly(next) is { Count: > 0 } ignored)
        {
            NeedsRestart(string.Join(", ", ignored));
        }
        // What can fail comes first: either all of the file is in force, or nothing of it.
        var maskKeys = StoredMaskKeys.Find(next, _data);
        var targets = ConfiguredTargets.Compare(_current, next, maskKeys?.Fingerprint == parts.MaskKeys?.Fingerprint, parts.Transport, time);
        var apiCertificate = certificate is not null && next.Tls is { } files ? ServerCertificate.Read(files) : null;
        var doorCertificate = DataPlane.ReadCertificate(next);
        await parts.Recorder.PolicyActivatedAsync(PolicyRecord.Of(next.Policy));

        parts.Policy.Activate(next.Policy);
        await parts.Approvals.PolicyChangedAsync(next.Policy);
        parts.Roles = new RoleMap(next.Roles);
        parts.Tokens.Reconfigure(next);
        targets.ApplyTo(parts.Targets, maskKeys);
        parts.MaskKeys = maskKeys;
        // A session keeps what it knew of its target when it began, so it must not outlive a change of tags, masks or addresses.
        foreach (var session in parts.Sessions.Live.Where(session => targets.Concerns(session.Target)))
        {
            session.End(TargetChanged);
        }
        if (apiCertificate is not null)
        {
            certificate!.Replace(apiCertificate);
        }
        dataPlane.UseCertificate(doorCertificate);
        _current = next;
        Activated(next.Hash);
    }

    /// <summary>Settings that are read at the start only.</summary>
    private List<string> RestartOnly(GatewayConfiguration next)
    {
        List<string> changed = [];
        Note(_current.Origin != next.Origin, "origin");
        Note(_current.DataDirectory != next.DataDirectory, "data");
        Note(_current.WitnessDirectory != next.WitnessDirectory || _current.WitnessPolicyFile != next.WitnessPolicyFile, "witness");
        Note(_current.Listen != next.Listen, "listen");
        Note(_current.PublicUrl != next.PublicUrl, "publicUrl");
        Note(_current.InsecureLoopback != next.InsecureLoopback, "insecureLoopback");
        Note(_current.Limits != next.Limits, "limits");
        Note(_current.Telemetry != next.Telemetry, "telemetry");
        return changed;

        void Note(bool differs, string name)
        {
            if (differs)
            {
                changed.Add(name);
            }
        }
    }

    private async Task ReloadAndReportAsync()
    {
        try
        {
            await ReloadAsync();
        }
        catch (Exception problem)
        {
            // The signal has no caller to tell; the policy that was in force stays unless the log says otherwise.
            Failed(problem);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Configuration: {Problem}")]
    private partial void Problem(string problem);

    [LoggerMessage(Level = LogLevel.Error, Message = "The configuration cannot be enforced; policy {Hash} stays in force")]
    private partial void Refused(string hash);

    [LoggerMessage(Level = LogLevel.Warning, Message = "These settings changed and need a restart: {Settings}")]
    private partial void NeedsRestart(string settings);

    [LoggerMessage(Level = LogLevel.Information, Message = "Policy {Hash} is in force")]
    private partial void Activated(string hash);

    [LoggerMessage(Level = LogLevel.Error, Message = "The configuration could not be put in force")]
    private partial void Failed(Exception problem);
}
