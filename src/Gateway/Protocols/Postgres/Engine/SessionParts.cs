using Sallyport.Gateway.Masking;
using Sallyport.Gateway.Protocols.Postgres.Analysis;
using Sallyport.Gateway.Protocols.Postgres.Measures;
using Sallyport.Gateway.Protocols.Postgres.Messages;
using Sallyport.Gateway.Protocols.Postgres.Roles;
using Sallyport.Gateway.Protocols.Postgres.Target;
using Sallyport.Gateway.Recording;
using Sallyport.Gateway.Sessions;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>The parts of one session, wired together. They live and end with it.</summary>
internal sealed class SessionParts : IDisposable
{
    private readonly InputBuffer _clientInput;
    private readonly InputBuffer _serverInput;
    private readonly MaskKeys _keys;

    public SessionParts(
        PostgresDoor door,
        SharedTarget shared,
        ClientStart start,
        StartupSettings settings,
        TargetConnection connection,
        Session session,
        SessionRecorder recorder,
        SessionRole? role)
    {
        _clientInput = start.Input;
        _keys = MaskKeys.ForSession(shared.MaskKeys, shared.Vaults, session.Target, session.Principal.Id, RunOf(session.Principal));
        Exchange = new Exchange(start.Wire, connection.Wire) { NoticeLevel = settings.NoticeLevel };
        Exchange.SchemaChanged = shared.Catalog.Invalidate;
        var gate = new Permit.Gate(session.Id, session.Principal, session.Target, door.Policy, door.Approvals, recorder, door.Metrics);
        var isPsql = settings.ApplicationName.StartsWith("psql", StringComparison.Ordinal);
        var budget = door.Budgets.ForSession(session.Principal.Id, session.Target, () => door.Policy.Current.Inference);
        var watch = new InferenceWatch(budget, recorder, door.Metrics);
        Usage = new UsageWatch(
            door.Usage.ForSession(session.Principal, session.Target, session.Id, () => door.Policy.Current), recorder, door.Metrics, () => CancelAsync(shared, connection), session.End)
        {
            RecordAsync = (statement, rule, action) => gate.RefusedAsync(statement.Encoded, rule, "budget", action),
            Stopped = stop => start.Observer?.Refused(new CommandRefusal(stop.Budget.Rule, CommandRefusal.Cut, stop.Reason, stop.Remedy)),
        };
        Policy.UnmaskedColumns Shown() => door.Policy.UnmaskedOf(session.Principal, session.Target);
        Inquiry = new ServerInquiry(Exchange, shared.Catalog, shared.Watch, Shown);
        var measurer = new RowMeasurer(shared, Inquiry, settings, role?.Login.Name, door.Time);
        Admittance = new Admittance(Exchange, gate, new HaltGuard(isPsql, door.HaltedFor, door.Time), watch, Usage, measurer, start.Observer);
        var names = Exchange.Names;
        var cache = new StatementCache(shared.Catalog, Shown);
        Policy.PhiMap Phi() => door.Policy.Current.PhiOf(session.Target);
        var channels = new SideChannels(watch, shared.Notifications, connection.BackendKey?.ProcessId ?? 0, new PredictedParameters(connection.Parameters), (schema, table) => Phi().IsTagged(schema, table));
        var meanings = new MeaningFinder(Inquiry, Exchange, Phi, names);
        var guard = new MaskedWriteGuard(Phi);
        var desk = new StatementDesk(Inquiry, Exchange, meanings, guard, session.Target, shared.Words, names, Recorder.Encode);
        MaskOperator OperatorOf(string tag) => ReservedTags.Contains(tag) ? new MaskOperator.Redact() : Phi().MaskFor(tag);
        var executor = new Executor(
            Exchange, cache, names, shared.Catalog, channels, OperatorOf, _keys, gate.Abandon, Admittance.RefuseMoreRowsAsync, Usage, door.Time)
        {
            Admitted = command => session.LastAdmitted = command,
        };
        var copy = new CopyRelay(Exchange, _clientInput, guard, Admittance.FailCopyAsync, session.Touch);
        var check = new MeaningCheck(Exchange, shared.Catalog, shared.Watch, Shown, door.Time);
        var texts = new ParseMessages(Exchange, desk, cache, names, Admittance, executor);
        var objects = new SqlObjects(Exchange, desk, Admittance, executor);
        var extended = new ExtendedQuery(Exchange, desk, texts, objects, cache, names, Admittance, executor, new ParameterTokens(_keys, OperatorOf), guard, copy, check);
        var simple = new SimpleQuery(Exchange, desk, Inquiry, cache, Admittance, executor, copy, extended, check);
        var limits = new EngineLimits(door.MessageBytes, door.StatementBytes);
        _serverInput = new InputBuffer(connection.Wire);
        _serverInput.Preload(connection.Unread.Span);
        Frontend = new FrontendLoop(Exchange, _clientInput, simple, texts, extended, Admittance, executor, limits, door.Metrics, session.Touch)
        {
            CatchUp = role is null
                ? null
                : () => role.IsBehind(door.Policy) ? role.CatchUpAsync(door.Policy, session.Principal, door.Time.GetUtcNow()) : ValueTask.CompletedTask,
        };
        Backend = new BackendLoop(Exchange, _serverInput, recorder, door.Metrics, new Revalidation(shared.Catalog, shared.Watch, Shown), channels, executor.TakeIn, door.MessageBytes)
        {
            Stopping = Usage.StopAsync,
        };
    }

    public Exchange Exchange { get; }

    public BackendLoop Backend { get; }

    public FrontendLoop Frontend { get; }

    public Admittance Admittance { get; }

    public ServerInquiry Inquiry { get; }

    public UsageWatch Usage { get; }

    /// <summary>Run identifiers are an issuer's own.</summary>
    private static string RunOf(Identity.Principal principal) => principal.RunId.Length == 0 ? "" : $"{principal.Issuer}\0{principal.RunId}";

    /// <summary>Completes when the target has been told; whether it was in time is seen by what it answers.</summary>
    private static async ValueTask CancelAsync(SharedTarget shared, TargetConnection connection)
    {
        if (connection.BackendKey is not { } key)
        {
            return;
        }

        try
        {
            await shared.Target.CancelAsync(key);
        }
        catch (Targets.TargetUnavailableException)
        {
            // It runs to its end; none of its rows goes out.
        }
    }

    public void Dispose()
    {
        _clientInput.Release();
        _serverInput.Release();
        _keys.Dispose();
        Admittance.Dispose();
        Usage.End();
        Exchange.Dispose();
    }
}
