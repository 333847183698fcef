using System.Net.Security;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Sallyport.Gateway.Configuration;
using Sallyport.Gateway.Masking;
using Sallyport.Gateway.Sessions;
using Sallyport.Gateway.Transport.Tls;
using Sallyport.Server.Access;

namespace Sallyport.Server.Hosting;

/// <summary>
/// Puts another version of the configuration file in force: recorded first, then active as a whole, for every session from its next command on. A
/// file with any problem changes nothing. Asked by SIGHUP, and by whoever watches the file.
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
        "target-changed", "57P01", "the address, credential or mask keys of this target have changed; connect again");

    private readonly SemaphoreSlim _oneAtATime = new(1, 1);
    private readonly string _data = initial.DataDirectory;
    private GatewayConfiguration _current = initial;
    private PosixSignalRegistration? _signal;

    /// <summary>Hash of the file that was read last, whether it came into force or not; empty where it could not be read.</summary>
    public string LastRead { get; private set; } = initial.Hash;

    /// <summary>What is in force, and what was refused.</summary>
    public PolicyState State { get; private set; } = new(initial.Hash, time.GetUtcNow(), Refused: null);

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
            LastRead = result.Hash;
            foreach (var problem in result.Problems)
            {
                Problem(problem.ToString());
            }
            if (result.Configuration is not { } next)
            {
                await RefuseAsync(result.Hash, result.Problems.Length);
                return false;
            }
            Step step;
            try
            {
                step = Prepare(next);
            }
            catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or InvalidDataException or CryptographicException)
            {
                // A file that the configuration names cannot be used, which only shows when it is opened.
                Unusable(problem.Message);
                await RefuseAsync(next.Hash, problems: 1);
                return false;
            }
            await ActivateAsync(next, step);
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

    /// <summary>What can fail comes first: either all of the file is in force, or nothing of it.</summary>
    private Step Prepare(GatewayConfiguration next)
    {
        var maskKeys = StoredMaskKeys.Find(next, _data);
        return new Step(
            maskKeys,
            ConfiguredTargets.Compare(_current, next, maskKeys?.Fingerprint == parts.MaskKeys?.Fingerprint, parts.Transport, time),
            certificate is not null && next.Tls is { } files ? ServerCertificate.Read(files) : null,
            DataPlane.ReadCertificate(next));
    }

    private async Task RefuseAsync(string hash, int problems)
    {
        Refused(_current.Hash);
        parts.Metrics.PolicyReloaded("refused");
        State = State with { Refused = new RefusedPolicy(hash, problems, time.GetUtcNow()) };
        await parts.Recorder.PolicyRefusedAsync(hash, problems);
    }

    private async Task ActivateAsync(GatewayConfiguration next, Step step)
    {
        if (RestartOnly(next) is { Count: > 0 } ignored)
        {
            NeedsRestart(string.Join(", ", ignored));
        }
        await parts.Recorder.PolicyActivatedAsync(PolicyRecord.Of(next.Policy));

        parts.Policy.Activate(next.Policy);
        parts.Roles = new RoleMap(next.Roles);
        parts.Tokens.Reconfigure(next);
        // After the policy, whose operators the masks of a statement are made with: what was understood in between is out of date again.
        step.Targets.ApplyTo(parts.Targets, step.MaskKeys);
        parts.MaskKeys = step.MaskKeys;
        // A session keeps its connection and its mask keys, so it must not outlive a change of those.
        parts.Sessions.EndWhere(session => step.Targets.Concerns(session.Target), TargetChanged);
        if (step.ApiCertificate is not null)
        {
            certificate!.Replace(step.ApiCertificate);
        }
        dataPlane.UseCertificate(step.DoorCertificate);
        _current = next;
        State = new PolicyState(next.Hash, time.GetUtcNow(), Refused: null);
        parts.Metrics.PolicyReloaded("activated");
        Activated(next.Hash);
        // Last, since these wait: an approval answers the rule as it is now in any case, and this ends it for good.
        await parts.Approvals.PolicyChangedAsync(next.Policy);
        await parts.Notifications.ReconfigureAsync(next.Notifications);
        await parts.Exports.ConfigureAsync(next.Exports);
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

    [LoggerMessage(Level = LogLevel.Warning, Message = "Configuration: a file it names cannot be used: {Problem}")]
    private partial void Unusable(string problem);

    [LoggerMessage(Level = LogLevel.Error, Message = "The configuration cannot be enforced; policy {Hash} stays in force")]
    private partial void Refused(string hash);

    [LoggerMessage(Level = LogLevel.Warning, Message = "These settings changed and need a restart: {Settings}")]
    private partial void NeedsRestart(string settings);

    [LoggerMessage(Level = LogLevel.Information, Message = "Policy {Hash} is in force")]
    private partial void Activated(string hash);

    [LoggerMessage(Level = LogLevel.Error, Message = "The configuration could not be put in force")]
    private partial void Failed(Exception problem);

    /// <summary>Everything that is needed to bring a configuration into force, made already.</summary>
    private sealed record Step(MaskKeyRing? MaskKeys, TargetChanges Targets, SslServerAuthenticationOptions? ApiCertificate, TlsServerOptions? DoorCertificate);
}

/// <summary>Which policy judges now.</summary>
/// <param name="Hash">Names it, as in every record.</param>
/// <param name="Since">When this process put it in force.</param>
/// <param name="Refused">The file as it is now, where that one was refused; else null.</param>
internal sealed record PolicyState(string Hash, DateTimeOffset Since, RefusedPolicy? Refused);

/// <summary>A configuration file that did not come into force.</summary>
internal sealed record RefusedPolicy(string Hash, int Problems, DateTimeOffset At);
