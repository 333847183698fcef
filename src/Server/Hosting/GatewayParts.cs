using System.Reflection;
using Sallyport.Evidence.Log;
using Sallyport.Evidence.Witnessing;
using Sallyport.Gateway.Access;
using Sallyport.Gateway.Approvals;
using Sallyport.Gateway.Budgets;
using Sallyport.Gateway.Budgets.Usage;
using Sallyport.Gateway.Configuration;
using Sallyport.Gateway.Exports;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Masking;
using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Engine;
using Sallyport.Gateway.Protocols.Postgres.Roles;
using Sallyport.Gateway.Recording;
using Sallyport.Gateway.Sessions;
using Sallyport.Gateway.Transport;
using Sallyport.Server.Access;
using Sallyport.Server.Mcp;
using Sallyport.Server.Notifications;
using Sallyport.Server.Storage;

namespace Sallyport.Server.Hosting;

/// <summary>Everything that lives as long as the gateway: opened in the order in which one needs the other, closed the other way round.</summary>
internal sealed class GatewayParts : IAsyncDisposable
{
    public const string LedgerFolder = "ledger";
    public const string DatabaseFile = "gateway.db";
    public const string ApprovalKeyFile = "approval.key";

    private const long BytesPerMiB = 1 << 20;
    private const double MicrosecondsPerSecond = 1_000_000;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly DisposalStack _opened;
    private volatile RoleMap _roles;

    private GatewayParts(DisposalStack opened, RoleMap roles)
    {
        _opened = opened;
        _roles = roles;
    }

    public static string Version { get; } =
        typeof(GatewayParts).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    public required Recorder Recorder { get; init; }

    public required PolicyEngine Policy { get; init; }

    public required Authenticator Authenticator { get; init; }

    /// <summary>The tokens the gateway issues itself.</summary>
    public required GatewayTokens Tokens { get; init; }

    public required ApprovalDesk Approvals { get; init; }

    public required AccessDesk Access { get; init; }

    public required GrantWatch Grants { get; init; }

    /// <summary>Tells people that somebody waits for them.</summary>
    public required NotificationDesk Notifications { get; init; }

    /// <summary>Carries the ledger's records to other systems.</summary>
    public required ExportDesk Exports { get; init; }

    public required InferenceBudgets Budgets { get; init; }

    public required PrincipalDesk Principals { get; init; }

    public required UsageBudgets Usage { get; init; }

    public required SessionRegistry Sessions { get; init; }

    public required GatewayMetrics Metrics { get; init; }

    public required TransportEngine Transport { get; init; }

    public required SqliteDatabase Database { get; init; }

    public required PostgresTargets Targets { get; init; }

    /// <summary>The stored mask keys in force; null where nothing needs any.</summary>
    public MaskKeyRing? MaskKeys { get; set; }

    /// <summary>Asks the witnesses; null where none are configured.</summary>
    public LedgerCosigner? Cosigner { get; init; }

    public RoleMap Roles
    {
        get => _roles;
        set => _roles = value;
    }

    /// <summary>Opens ledger, database and policy, and records that the gateway and its policy are in force. Accepts no connection yet.</summary>
    public static async Task<GatewayParts> OpenAsync(
        GatewayConfiguration configuration, ILoggerFactory logs, TimeProvider time, CancellationToken cancellationToken)
    {
        var opened = new DisposalStack();
        try
        {
            return await OpenAsync(configuration, opened, logs, time, cancellationToken);
        }
        catch
        {
            await opened.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync() => _opened.DisposeAsync();

    private static async Task<GatewayParts> OpenAsync(
        GatewayConfiguration configuration, DisposalStack opened, ILoggerFactory logs, TimeProvider time, CancellationToken cancellationToken)
    {
        var data = configuration.DataDirectory;
        CreateDataDirectory(data);
        var metrics = opened.Push(new GatewayMetrics());
        var recorder = opened.Push(await Recorder.StartAsync(LedgerOf(configuration, metrics, time), Environment.MachineName, Version, cancellationToken));
        var cosigner = configuration.WitnessPolicyFile is { } witnesses ? opened.Push(Witnessing.Open(witnesses, recorder.Ledger)) : null;
        recorder.SignHead = cosigner is null ? null : cosigner.SignHeadAsync;
        var database = opened.Push(await SqliteDatabase.OpenAsync(Path.Combine(data, DatabaseFile)));
        var usage = opened.Push(await UsageBudgets.LoadAsync(new SqliteUsage(database, time), time));
        var sessions = opened.Push(new SessionRegistry(LimitsOf(configuration.Limits), time));
        var journal = new ApprovalJournal(recorder, sessions, metrics);
        var identity = CommandIdentity.LoadOrCreate(Path.Combine(data, ApprovalKeyFile));
        var desk = opened.Push(new ApprovalDesk(new SqliteApprovalStore(database), journal, identity, ApprovalLimitsOf(configuration), time));
        await desk.LoadAsync(cancellationToken);
        var notifications = opened.Push(new NotificationDesk(configuration.Notifications, channel => NotificationDesk.SenderFor(channel, time), metrics, time));
        desk.Requested = approval => notifications.Announce(approval, desk.UrlOf(approval.Id));
        var tokens = opened.Push(await GatewayTokens.OpenAsync(configuration, data, database, recorder, sessions, identity, logs, time, cancellationToken));
        tokens.Revoker.RunEnding.Add(desk.EndRunAsync);
        var principals = opened.Push(new PrincipalDesk(tokens.Revocations, new SqlitePrincipals(database), recorder, sessions, desk, identity, time));
        await principals.LoadAsync(cancellationToken);
        var maskKeys = StoredMaskKeys.Find(configuration, data);
        var transport = opened.Push(TransportEngine.Create(new TransportOptions
        {
            TimeProvider = time,
            SessionFault = new SessionFaults(logs.CreateLogger<SessionFaults>()).Report,
        }));
        Publish(transport.Counters, metrics);
        var alerts = new CatalogAlerts(logs.CreateLogger<CatalogAlerts>(), metrics);
        await recorder.PolicyActivatedAsync(PolicyRecord.Of(configuration.Policy));
        var policy = new PolicyEngine(configuration.Policy, time);
        var targets = ConfiguredTargets.Create(
            configuration, maskKeys, new SqliteKnownColumns(database), alerts.Report, new RoleParts(recorder, (target, kind, text) => alerts.Report(new CatalogAlert(target, kind, text))), transport, time);
        var grants = new GrantWatch(policy, sessions);
        recorder.Access.IsKnownName = (target, name) => KnownNames.Contains(policy.Current, target, name) || targets.IsKnownName(target, name);
        var address = new PublicAddress(configuration.PublicUrl);
        var access = opened.Push(new AccessDesk(
            new SqliteAccessStore(database), new AccessJournal(recorder.Access, metrics), policy, identity, new AccessDeskOptions(), time)
        {
            GrantEnded = grants.GrantEnded,
            Requested = request => notifications.Announce(request, address.OfAccessRequest(request.Id)),
            EmergencyOpened = emergency => notifications.Announce(emergency, address.OfGrant(emergency.Id)),
        });
        await access.StartAsync(cancellationToken);
        Publish(access, metrics);
        tokens.Revoker.RunEnding.Add((run, by) => EndAccessAsync(access, grant => grant.Grant.RunId == run, request => request.RunId == run, "run-ended", by));
        principals.Disabling = (id, by) => EndAccessAsync(access, grant => grant.Holder.IsOrActsFor(id), request => request.Requester.IsOrActsFor(id), "principal-disabled", by);
        var exports = opened.Push(new ExportDesk(recorder.Ledger, new SqliteExports(database), metrics, time));
        await exports.ConfigureAsync(configuration.Exports);
        return new GatewayParts(opened, new RoleMap(configuration.Roles))
        {
            Recorder = recorder,
            Cosigner = cosigner,
            Database = database,
            Policy = policy,
            Authenticator = tokens.Authenticator,
            Tokens = tokens,
            Principals = principals,
            Approvals = desk,
            Access = access,
            Grants = grants,
            Notifications = notifications,
            Exports = exports,
            Budgets = new InferenceBudgets(time),
            Usage = usage,
            Sessions = sessions,
            Metrics = metrics,
            Transport = transport,
            Targets = targets,
            MaskKeys = maskKeys,
        };
    }

    private static async Task EndAccessAsync(AccessDesk access, Func<AccessGrant, bool> grants, Func<AccessRequest, bool> requests, string code, Principal by)
    {
        await access.EndWhereAsync(grants, code, by.Name, CancellationToken.None);
        await access.CloseWhereAsync(requests, CancellationToken.None);
    }

    private static LedgerOptions LedgerOf(GatewayConfiguration configuration, GatewayMetrics metrics, TimeProvider time) => new()
    {
        Directory = Path.Combine(configuration.DataDirectory, LedgerFolder),
        Origin = configuration.Origin,
        // Outside of the data folder, so that a copy of that folder put back is found out.
        WitnessDirectory = configuration.WitnessDirectory ?? Path.TrimEndingDirectorySeparator(configuration.DataDirectory) + ".witness",
        TimeProvider = time,
        BatchDurable = metrics.LedgerAppended,
        DiskLowBytes = configuration.Limits.LedgerDiskLowMiB * BytesPerMiB,
        DiskCriticalBytes = configuration.Limits.LedgerDiskCriticalMiB * BytesPerMiB,
    };

    private static void Publish(AccessDesk access, GatewayMetrics metrics)
    {
        metrics.ObserveGauge("sallyport.access.grants", "{grant}", "Grants in force that somebody asked for.", () => access.Active.Count());
        metrics.ObserveGauge("sallyport.breakglass.unreviewed", "{grant}", "Emergencies nobody has reviewed yet.", () => access.OpenReviews.Open);
        metrics.ObserveGauge("sallyport.breakglass.overdue", "{grant}", "Emergencies whose review is overdue.", () => access.OpenReviews.Overdue);
    }

    private static void Publish(TransportCounters counters, GatewayMetrics metrics)
    {
        metrics.ObserveCounter("sallyport.connections", "{connection}", "Connections that were accepted at the doors.", () => counters.Accepted);
        metrics.ObserveCounter("sallyport.connections.refused", "{connection}", "Connections closed at once because too many were open.", () => counters.Refused);
        metrics.ObserveGauge("sallyport.connections.open", "{connection}", "Connections that are open at the doors now.", () => counters.AcceptedOpen);
        metrics.ObserveCounter("sallyport.accept.pauses", "{pause}", "Times that accepting paused for lack of descriptors or memory.", () => counters.AcceptPauses);
        metrics.ObserveCounter("sallyport.loop.stalls", "{turn}", "Turns that kept an event loop busy for more than 5 ms.", () => counters.Stalls);
        metrics.ObserveGauge(
            "sallyport.loop.stall.longest", "s", "The longest such turn since the start.", () => counters.LongestStallMicroseconds / MicrosecondsPerSecond);
        metrics.ObserveCounter("sallyport.session.faults", "{session}", "Sessions that ended by a fault of the gateway.", () => counters.SessionFaults);
    }

    private static SessionLimits LimitsOf(LimitsConfiguration limits) => new()
    {
        MaxSessions = limits.Sessions,
        MaxSessionsPerPrincipal = limits.SessionsPerPrincipal,
        Idle = limits.Idle,
        Lifetime = limits.SessionLifetime,
        TokenGrace = limits.TokenGrace,
    };

    private static ApprovalDeskOptions ApprovalLimitsOf(GatewayConfiguration configuration) => new()
    {
        PublicUrl = configuration.PublicUrl,
        MaxPending = configuration.Limits.ApprovalsPending,
        MaxPendingPerRequester = configuration.Limits.ApprovalsPendingPerPrincipal,
    };

    private static void CreateDataDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, OwnerOnly);
            // A folder that was there before may be open to others; what is in it is not theirs to read.
            File.SetUnixFileMode(path, OwnerOnly);
        }
    }
}
