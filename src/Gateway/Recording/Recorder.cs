using Sallyport.Evidence.Bundles;
using Sallyport.Evidence.Log;
using Sallyport.Evidence.Records;
using Sallyport.Evidence.Verification;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Recording;

/// <summary>
/// Turns what happens into evidence records, gateway-wide. Thread-safe. Every awaited method is durable on return and throws
/// <see cref="LedgerUnavailableException"/> when nothing can be recorded.
/// </summary>
public sealed partial class Recorder : IAsyncDisposable
{
    private readonly RecordClock _clock;
    private readonly RecordChain _gateway;
    private readonly SessionNumbers _sessions = new();
    private readonly GatewayPulse _pulse;
    private readonly SemaphoreSlim _exports = new(1, 1);

    private Recorder(Ledger ledger, string node, PopulationKeeper population, DiskGuard disk, TimeProvider time)
    {
        Ledger = ledger;
        Disk = disk;
        _clock = new RecordClock(node, time);
        _gateway = new RecordChain(ledger, _clock, session: "", subject: "", agent: "", connection: "");
        Access = new AccessRecorder(_gateway);
        _pulse = new GatewayPulse(_gateway, _clock, _sessions, population, disk, time);
    }

    public Ledger Ledger { get; }

    /// <summary>Roles that earlier runs issued and whose end is not recorded.</summary>
    public IReadOnlyList<UnrevokedCredential> Unrevoked { get; private init; } = [];

    /// <summary>Records of access that is asked for, given and ended.</summary>
    public AccessRecorder Access { get; }

    /// <summary>What the room on the ledger's disk allows.</summary>
    public DiskGuard Disk { get; }

    /// <summary>Gives the head that exported bundles are proven against, with the witnesses' cosignatures; null for the ledger's signature alone.</summary>
    public Func<CancellationToken, Task<(Checkpoint Head, byte[] Note)>>? SignHead { get; set; }

    /// <summary>Opens the ledger, records the start, and closes what a crash left open.</summary>
    /// <param name="options">The ledger.</param>
    /// <param name="node">Name of this gateway, from the configuration.</param>
    /// <param name="version">Version of the product.</param>
    /// <param name="cancellationToken">Cancels before recovery starts.</param>
    /// <exception cref="LedgerCorruptException">The ledger contradicts itself or what was signed before.</exception>
    public static async Task<Recorder> StartAsync(LedgerOptions options, string node, string version, CancellationToken cancellationToken = default)
    {
        var unfinished = new UnfinishedSessions();
        var credentials = new UnrevokedCredentials();
        var population = new PopulationKeeper();
        options = options with { RecordPublished = (_, leaf) => population.Add(leaf.Span) };
        var ledger = await Ledger.OpenAsync(options, Recover, cancellationToken);
        Recorder? recorder = null;
        try
        {
            recorder = new Recorder(ledger, node, population, new DiskGuard(ledger.Directory, options.DiskLowBytes, options.DiskCriticalBytes, options.FreeBytes), options.TimeProvider)
            {
                Unrevoked = [.. credentials.All],
            };
            await recorder.StartedAsync(version);
            foreach (var session in unfinished.All)
            {
                await recorder.CloseUnfinishedAsync(session);
            }
            return recorder;
        }
        catch
        {
            await (recorder?.DisposeAsync() ?? ledger.DisposeAsync());
            throw;
        }

        void Recover(long index, ReadOnlyMemory<byte> leaf)
        {
            var record = RecordLine.Parse(leaf);
            unfinished.Observe(index, leaf, record);
            credentials.Observe(record);
            population.Recover(record);
        }
    }

    /// <summary>The record fields of a command, made once and used for every execution.</summary>
    public static EncodedCommand Encode(Command command) => EncodedCommand.From(command);

    /// <summary>Records <c>auth.ok</c> and <c>session.start</c>.</summary>
    public async ValueTask<SessionRecorder> StartSessionAsync(SessionFacts facts)
    {
        Disk.AllowSession();
        var principal = facts.Principal;
        var chain = new RecordChain(Ledger, _clock, RecordText.Id(facts.SessionId), RecordText.Id(principal.Id), AgentOf(principal), facts.Target);
        await StartChain(chain, facts, _sessions);
        return new SessionRecorder(chain, facts.SessionId, Disk);
    }

    /// <summary>Records a refused sign-in. What the client typed is not recorded.</summary>
    /// <param name="failure">Why.</param>
    /// <param name="clientAddress">Address without a port.</param>
    /// <param name="protocol">E.g. <c>postgres</c>.</param>
    /// <param name="target">The configured target that was asked for, or null when there is none of that name.</param>
    public ValueTask AuthenticationFailedAsync(AuthenticationFailure failure, string clientAddress, string protocol, string? target = null)
    {
        lock (_gateway.Gate)
        {
            var line = _gateway.Begin("auth.fail"u8);
            line.Field("reason"u8, KebabCase.Of(failure));
            line.Field("client"u8, RecordText.Id(clientAddress));
            line.Field("proto"u8, RecordText.Code(protocol));
            line.Field("target"u8, target ?? "");
            return _gateway.Append(line).Durable;
        }
    }

    /// <summary>Records a policy and the grants in force under it.</summary>
    public async ValueTask PolicyActivatedAsync(PolicyFacts facts)
    {
        ValueTask durable;
        lock (_gateway.Gate)
        {
            var line = _gateway.Begin("policy.activate"u8);
            line.Field("pol"u8, facts.Hash);
            line.Field("grants"u8, facts.Grants.Count);
            durable = _gateway.Append(line).Durable;
            foreach (var grant in facts.Grants)
            {
                _gateway.AppendLazily(ComposeGrant(facts.Hash, grant));
            }
        }
        await durable;
    }

    /// <summary>Records that a changed configuration was refused, and the one in force stays. Nothing of the file is recorded.</summary>
    /// <param name="hash">Names the refused file as it would be named in force; empty where it could not be read.</param>
    /// <param name="problems">How many problems it has.</param>
    public ValueTask PolicyRefusedAsync(string hash, int problems)
    {
        lock (_gateway.Gate)
        {
            var line = _gateway.Begin("policy.refused"u8);
            line.Field("pol"u8, hash);
            line.Field("problems"u8, problems);
            return _gateway.Append(line).Durable;
        }
    }

    /// <summary>Records one step of a change that the gateway itself makes at a target for an operator.</summary>
    public ValueTask TargetChangeAsync(in TargetChangeFacts facts)
    {
        lock (_gateway.Gate)
        {
            var line = _gateway.Begin("target.change"u8);
            line.Field("target"u8, facts.Target);
            line.Field("what"u8, RecordText.Code(facts.What));
            line.Field("phase"u8, RecordText.Code(facts.Phase));
            line.Field("role"u8, facts.Role.Length == 0 ? "" : RecordText.Id(facts.Role));
            line.Field("by"u8, RecordText.Id(facts.By.Id));
            return _gateway.Append(line).Durable;
        }
    }

    /// <summary>Records that a session's role is gone from the target, after the session's own record has ended.</summary>
    /// <param name="role">Its name.</param>
    /// <param name="sessionId">Whose it was.</param>
    /// <param name="target">The target's name.</param>
    /// <param name="reason">Why, in kebab case.</param>
    public ValueTask CredentialRevokedAsync(string role, string sessionId, string target, string reason)
    {
        lock (_gateway.Gate)
        {
            var line = _gateway.Begin("credential.revoke"u8);
            line.Field("session"u8, RecordText.Id(sessionId));
            line.Field("target"u8, target);
            line.Field("role"u8, role);
            line.Field("reason"u8, RecordText.Code(reason));
            return _gateway.Append(line).Durable;
        }
    }

    /// <summary>Records that the witnesses' quorum is late, or that it is back.</summary>
    /// <param name="isOpen">Whether the gap begins or ends.</param>
    /// <param name="witnessedSize">Records that were cosigned when it began, or are now.</param>
    /// <param name="age">How long nothing was cosigned.</param>
    public ValueTask WitnessGapAsync(bool isOpen, long witnessedSize, TimeSpan age)
    {
        lock (_gateway.Gate)
        {
            var line = _gateway.Begin("witness.gap"u8);
            line.Field("state"u8, isOpen ? "open" : "closed");
            line.Field("witnessed"u8, witnessedSize);
            line.Field("age_s"u8, (long)age.TotalSeconds);
            return _gateway.Append(line).Durable;
        }
    }

    /// <summary>Records an orderly end of this run. The ledger is closed by <see cref="DisposeAsync"/>.</summary>
    public async ValueTask StoppedAsync(string reason)
    {
        await _pulse.StopAsync();
        ValueTask durable;
        lock (_gateway.Gate)
        {
            var line = _gateway.Begin("gateway.stop"u8);
            line.Field("reason"u8, RecordText.Code(reason));
            line.Field("sessions"u8, _sessions.Started);
            durable = _gateway.Append(line).Durable;
        }
        await durable;
    }

    /// <summary>Writes an evidence bundle, one at a time, and records that it was made and by whom.</summary>
    /// <exception cref="EvidenceSelectionException">Nothing matches, or more than fits into one bundle.</exception>
    public async Task ExportAsync(EvidenceFilter filter, Principal exportedBy, Stream output, CancellationToken cancellationToken)
    {
        await _exports.WaitAsync(cancellationToken);
        try
        {
            await EvidenceExporter.ExportAsync(Ledger, filter, RecordText.Id(exportedBy.Id), ExportCreatedAsync, output, SignHead, cancellationToken);
        }
        finally
        {
            _exports.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _pulse.DisposeAsync();
        await Ledger.DisposeAsync();
        _exports.Dispose();
    }

    private static string AgentOf(Principal principal)
    {
        if (principal.Kind != PrincipalKind.Agent)
        {
            return "";
        }
        var client = RecordText.Id(principal.ClientId.Length > 0 ? principal.ClientId : principal.Name);
        return principal.RunId.Length == 0 ? client : $"{client}/{RecordText.Id(principal.RunId)}";
    }

    private static ValueTask StartChain(RecordChain chain, SessionFacts facts, SessionNumbers numbers)
    {
        lock (numbers.Gate)
        {
            return StartNumbered(chain, facts, numbers);
        }
    }

    private static ValueTask StartNumbered(RecordChain chain, SessionFacts facts, SessionNumbers numbers)
    {
        lock (chain.Gate)
        {
            var accepted = chain.Begin("auth.ok"u8);
            accepted.Field("kind"u8, facts.Principal.Kind == PrincipalKind.Agent ? "agent" : "human");
            accepted.Field("iss"u8, facts.Principal.Issuer);
            accepted.Field("for"u8, facts.Principal.OnBehalfOf.Length == 0 ? "" : RecordText.Id(facts.Principal.OnBehalfOf));
            accepted.Raw(",\"expires\":\""u8);
            RecordClock.WriteTime(accepted, facts.Principal.ExpiresAt);
            accepted.Raw("\""u8);
            chain.AppendLazily(accepted);
            var started = chain.Begin("session.start"u8);
            started.Field("client"u8, RecordText.Id(facts.ClientAddress));
            started.Field("tls"u8, RecordText.Id(facts.Tls));
            started.Field("proto"u8, RecordText.Code(facts.Protocol));
            started.Field("pol"u8, facts.PolicyHash);
            started.Field("no"u8, numbers.Started);
            var durable = chain.Append(started).Durable;
            numbers.Started++;
            return durable;
        }
    }

    private LineWriter ComposeGrant(string policyHash, GrantFacts grant)
    {
        var line = _gateway.Begin("grant.active"u8);
        line.Field("pol"u8, policyHash);
        line.Field("grant"u8, grant.Name);
        line.Field("target"u8, grant.Target);
        line.Field("allow"u8, string.Join(',', grant.Allow));
        line.Field("groups"u8, string.Join(',', grant.Groups));
        line.Field("principals"u8, string.Join(',', grant.Principals.Select(RecordText.Id)));
        line.Field("schemas"u8, string.Join(',', grant.Schemas));
        line.Field("tables"u8, string.Join(',', grant.Tables));
        line.Field("unmasked"u8, string.Join(',', grant.Unmasked));
        line.Field("never"u8, string.Join(',', grant.Never));
        return line;
    }

    private async ValueTask<Appended> ExportCreatedAsync(ExportFacts facts)
    {
        Appended appended;
        lock (_gateway.Gate)
        {
            var line = _gateway.Begin("export.created"u8);
            line.Field("manifest"u8, facts.ManifestSha256);
            line.Field("by"u8, facts.ExportedBy);
            line.Field("session_filter"u8, RecordText.Id(facts.Filter.Session));
            line.Field("from"u8, facts.Filter.From);
            line.Field("to"u8, facts.Filter.To);
            line.Field("agent_filter"u8, RecordText.Id(facts.Filter.Agent));
            line.Field("records"u8, facts.Records);
            appended = _gateway.Append(line);
        }
        await appended.Durable;
        return appended with { Durable = ValueTask.CompletedTask };
    }

    private async ValueTask StartedAsync(string version)
    {
        ValueTask durable;
        lock (_gateway.Gate)
        {
            var line = _gateway.Begin("gateway.start"u8);
            line.Field("version"u8, RecordText.Id(version));
            line.Field("recovered"u8, Ledger.DurableRecords);
            line.Field("heartbeat_ms"u8, (long)GatewayPulse.Interval.TotalMilliseconds);
            durable = _gateway.Append(line).Durable;
        }
        _pulse.RecordStatus();
        await durable;
    }

    private async ValueTask CloseUnfinishedAsync(UnfinishedSessions.Unfinished session)
    {
        var chain = new RecordChain(Ledger, _clock, session.Session, session.Subject, session.Agent, session.Connection);
        chain.ContinueAfter(session.Sequence, session.Last);
        ValueTask durable;
        lock (chain.Gate)
        {
            foreach (var intent in session.OpenIntents)
            {
                var unknown = chain.Begin("outcome.unknown"u8);
                unknown.Field("intent"u8, intent);
                chain.AppendLazily(unknown);
            }
            var end = chain.Begin("session.end"u8);
            end.Field("reason"u8, "gateway-crash");
            end.Field("intents"u8, session.Intents);
            end.Field("outcomes"u8, session.Outcomes + session.OpenIntents.Count);
            end.Field("denials"u8, session.Denials);
            durable = chain.Append(end).Durable;
        }
        await durable;
    }
}
