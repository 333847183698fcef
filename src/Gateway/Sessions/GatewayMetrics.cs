using System.Diagnostics.Metrics;
using System.Text.Json;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Sessions;

/// <summary>
/// What the gateway counts, under the meter <see cref="MeterName"/>. Names carry no principal, statement or value.
/// Counters of the statement path are plain fields read by observers, so counting costs one interlocked addition.
/// </summary>
public sealed class GatewayMetrics : IDisposable
{
    public const string MeterName = "Sallyport";

    private const int Verdicts = 3;
    private static readonly CommandClass[] Classes = Enum.GetValues<CommandClass>();
    private static readonly string[] VerdictNames = ["allow", "ask", "deny"];

    private readonly Meter _meter = new(MeterName);
    private readonly long[] _statements = new long[Classes.Length * Verdicts];
    private readonly UpDownCounter<long> _sessionsActive;
    private readonly Counter<long> _sessions;
    private readonly Counter<long> _sessionRefusals;
    private readonly Counter<long> _authenticationFailures;
    private readonly Counter<long> _refusals;
    private readonly Counter<long> _approvals;
    private readonly Counter<long> _access;
    private readonly Counter<long> _notifications;
    private readonly Counter<long> _exports;
    private readonly Counter<long> _inferenceAlarms;
    private readonly Counter<long> _catalogAlarms;
    private readonly Counter<long> _reloads;
    private readonly Counter<long> _budgetStops;
    private readonly Histogram<double> _ledgerAppend;
    private long _maskedCells;
    private long _bytesFromClients;
    private long _bytesToClients;

    public GatewayMetrics()
    {
        _sessionsActive = _meter.CreateUpDownCounter<long>("sallyport.sessions.active", "{session}", "Sessions that are open now, by target.");
        _sessions = _meter.CreateCounter<long>("sallyport.sessions", "{session}", "Sessions that were started, by target.");
        _sessionRefusals = _meter.CreateCounter<long>("sallyport.session.refusals", "{connection}", "Connections that did not become a session, by reason.");
        _authenticationFailures = _meter.CreateCounter<long>("sallyport.authentication.failures", "{attempt}", "Refused tokens, by reason.");
        _refusals = _meter.CreateCounter<long>("sallyport.refusals", "{statement}", "Refused statements, by rule.");
        _approvals = _meter.CreateCounter<long>("sallyport.approvals", "{event}", "What happened to approvals, by event.");
        _access = _meter.CreateCounter<long>("sallyport.access", "{event}", "What happened to requests for access and to grants, by event.");
        _notifications = _meter.CreateCounter<long>("sallyport.notifications", "{event}", "What happened to messages to people, by channel and event.");
        _exports = _meter.CreateCounter<long>("sallyport.exports", "{event}", "Records that an export's receiver took and attempts that failed, by export and event.");
        _inferenceAlarms = _meter.CreateCounter<long>("sallyport.inference.alarms", "{alarm}", "Patterns of inferences somebody should look at, by kind.");
        _catalogAlarms = _meter.CreateCounter<long>("sallyport.catalog.alarms", "{alarm}", "What an operator has to know of a target's schema, by kind.");
        _reloads = _meter.CreateCounter<long>("sallyport.policy.reloads", "{reload}", "Configurations that were read again, by result.");
        _budgetStops = _meter.CreateCounter<long>("sallyport.budget.stops", "{stop}", "Statements and results that a budget stopped, by budget and measure.");
        _ledgerAppend = _meter.CreateHistogram<double>(
            "sallyport.ledger.append.duration", "s", "Time from the first awaited record of a batch until the batch was durable.");
        _meter.CreateObservableCounter("sallyport.statements", ObserveStatements, "{statement}", "Judged statements, by verdict and class.");
        _meter.CreateObservableCounter("sallyport.masked.cells", () => Interlocked.Read(ref _maskedCells), "{cell}", "Result cells that were masked.");
        _meter.CreateObservableCounter("sallyport.client.io", ObserveBytes, "By", "Bytes from and to clients, by direction.");
    }

    /// <summary>Whether an instrument is one of these counters, for a listener that publishes one gateway.</summary>
    public bool Owns(Instrument instrument) => ReferenceEquals(instrument.Meter, _meter);

    public void SessionStarted(string target)
    {
        _sessions.Add(1, new KeyValuePair<string, object?>("target", target));
        _sessionsActive.Add(1, new KeyValuePair<string, object?>("target", target));
    }

    public void SessionEnded(string target) => _sessionsActive.Add(-1, new KeyValuePair<string, object?>("target", target));

    /// <param name="reason">A fixed word in kebab case, e.g. <c>too-many-sessions</c>.</param>
    public void SessionRefused(string reason) => _sessionRefusals.Add(1, new KeyValuePair<string, object?>("reason", reason));

    public void AuthenticationFailed(AuthenticationFailure failure) =>
        _authenticationFailures.Add(1, new KeyValuePair<string, object?>("reason", JsonNamingPolicy.KebabCaseLower.ConvertName(failure.ToString())));

    public void StatementJudged(CommandClass commandClass, Verdict verdict) =>
        Interlocked.Increment(ref _statements[((int)commandClass * Verdicts) + IndexOf(verdict)]);

    /// <param name="rule">The rule or check that refused: a closed set of the configuration and the code.</param>
    public void StatementRefused(string rule) => _refusals.Add(1, new KeyValuePair<string, object?>("rule", rule));

    /// <param name="what">A fixed word: requested, attached, approved, denied, expired, redeemed, refused, stood, ended.</param>
    public void ApprovalChanged(string what) => _approvals.Add(1, new KeyValuePair<string, object?>("event", what));

    /// <param name="what">A fixed word: requested, granted, denied, expired, refused, extended, revoked, ended, break-glass, reviewed.</param>
    public void AccessChanged(string what) => _access.Add(1, new KeyValuePair<string, object?>("event", what));

    /// <param name="channel">Its name in the configuration.</param>
    /// <param name="what">A fixed word: sent, failed, given-up, dropped.</param>
    public void NotificationChanged(string channel, string what) =>
        _notifications.Add(1, new KeyValuePair<string, object?>("channel", channel), new KeyValuePair<string, object?>("event", what));

    /// <param name="export">Its name in the configuration.</param>
    /// <param name="what">A fixed word: sent (records), failed (attempts).</param>
    /// <param name="count">How many.</param>
    public void ExportChanged(string export, string what, long count) =>
        _exports.Add(count, new KeyValuePair<string, object?>("export", export), new KeyValuePair<string, object?>("event", what));

    /// <param name="kind">In kebab case: prefix-walk, failed-equalities, constants-used-up, errors-used-up, attempts-used-up.</param>
    public void InferenceAlarm(string kind) => _inferenceAlarms.Add(1, new KeyValuePair<string, object?>("kind", kind));

    /// <param name="kind">Stable name, e.g. <c>schema-drift</c>.</param>
    public void CatalogAlarm(string kind) => _catalogAlarms.Add(1, new KeyValuePair<string, object?>("kind", kind));

    /// <param name="result">activated or refused.</param>
    public void PolicyReloaded(string result) => _reloads.Add(1, new KeyValuePair<string, object?>("result", result));

    /// <param name="budget">The budget's name.</param>
    /// <param name="measure">In kebab case: statements, rows, phi-cells, bytes, denials, time.</param>
    public void BudgetStopped(string budget, string measure) =>
        _budgetStops.Add(1, new KeyValuePair<string, object?>("budget", budget), new KeyValuePair<string, object?>("measure", measure));

    public void CellsMasked(long cells) => Interlocked.Add(ref _maskedCells, cells);

    public void BytesFromClient(long bytes) => Interlocked.Add(ref _bytesFromClients, bytes);

    public void BytesToClient(long bytes) => Interlocked.Add(ref _bytesToClients, bytes);

    public void LedgerAppended(TimeSpan untilDurable) => _ledgerAppend.Record(untilDurable.TotalSeconds);

    /// <summary>Publishes a count that somebody else keeps, such as the transport's.</summary>
    public void ObserveCounter(string name, string unit, string description, Func<long> read) =>
        _meter.CreateObservableCounter(name, read, unit, description);

    /// <summary>Publishes a value that somebody else keeps and that may fall again.</summary>
    public void ObserveGauge(string name, string unit, string description, Func<double> read) =>
        _meter.CreateObservableGauge(name, read, unit, description);

    /// <summary>As <see cref="ObserveGauge"/>, for several values with labels of their own.</summary>
    public void ObserveGauges(string name, string unit, string description, Func<IEnumerable<Measurement<double>>> read) =>
        _meter.CreateObservableGauge(name, read, unit, description);

    public void Dispose() => _meter.Dispose();

    private static int IndexOf(Verdict verdict) => verdict switch
    {
        Verdict.Allow => 0,
        Verdict.Ask => 1,
        _ => 2,
    };

    private IEnumerable<Measurement<long>> ObserveStatements()
    {
        for (var index = 0; index < _statements.Length; index++)
        {
            yield return new(
                Interlocked.Read(ref _statements[index]),
                new KeyValuePair<string, object?>("verdict", VerdictNames[index % Verdicts]),
                new KeyValuePair<string, object?>("class", Classes[index / Verdicts].ToString().ToLowerInvariant()));
        }
    }

    private IEnumerable<Measurement<long>> ObserveBytes() =>
    [
        new(Interlocked.Read(ref _bytesFromClients), new KeyValuePair<string, object?>("direction", "from-client")),
        new(Interlocked.Read(ref _bytesToClients), new KeyValuePair<string, object?>("direction", "to-client")),
    ];
}
