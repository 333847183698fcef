using System.Collections.Immutable;
using System.Text;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Engine;
using Sallyport.Gateway.Protocols.Postgres.Messages;
using Sallyport.Gateway.Protocols.Postgres.Sql;
using Sallyport.Gateway.Protocols.Postgres.Target;
using Sallyport.Gateway.Recording;
using Sallyport.Gateway.Sessions;
using Sallyport.Gateway.Targets;
using Sallyport.Gateway.Transport;

namespace Sallyport.Gateway.Protocols.Postgres.Explain;

/// <summary>
/// Says how statements would be judged and masked, without running them: they are parsed at the target by a session that can do nothing
/// else, as a client's would be, and every explanation is recorded. Thread-safe.
/// </summary>
public sealed class StatementExplainer(
    PostgresTargets targets,
    PolicyEngine policy,
    Recorder recorder,
    SessionRegistry sessions,
    GatewayMetrics metrics,
    TransportEngine transport,
    TimeProvider time) : IDisposable
{
    /// <summary>Most statements in one text.</summary>
    public const int MaxStatements = 20;

    /// <summary>Longest text.</summary>
    public const int MaxTextBytes = 256 * 1024;

    /// <summary>Longest search path.</summary>
    public const int MaxSearchPathCharacters = 1_000;

    /// <summary>Explanations under way at once; more wait for <see cref="Patience"/>.</summary>
    public const int MaxAtOnce = 4;

    /// <summary>Longest message taken from the target.</summary>
    private const int MaxMessageBytes = 64 * 1024 * 1024;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>For the connection and all statements together.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>What keeps the session from doing or holding up anything, whatever it is asked.</summary>
    private static readonly KeyValuePair<string, string>[] Restraints =
    [
        new("application_name", "sallyport explain"),
        new("default_transaction_read_only", "on"),
        new("lock_timeout", "5s"),
        new("statement_timeout", "10s"),
    ];

    private readonly SemaphoreSlim _places = new(MaxAtOnce, MaxAtOnce);

    /// <summary>Explains every statement of a text for the caller, or for somebody else as the caller describes them.</summary>
    /// <exception cref="Evidence.Log.LedgerUnavailableException">The ledger cannot record, so nothing is told.</exception>
    public async Task<ExplainResult> ExplainAsync(ExplainQuestion question, CancellationToken cancellationToken)
    {
        var text = Encoding.UTF8.GetBytes(question.Sql);
        if (Check(question, text, out var settings) is { } unusable)
        {
            return unusable;
        }

        if (sessions.Reserve(question.Caller.Id) is { } overLimit)
        {
            return new ExplainResult.Busy($"Not now: {overLimit}.");
        }

        try
        {
            if (!await _places.WaitAsync(Patience, cancellationToken))
            {
                return new ExplainResult.Busy("Too many explanations are under way.");
            }

            try
            {
                ExplainResult? result = null;
                await transport.RunAsync(async () => result = await ExplainOnContextAsync(question, text, settings, cancellationToken));
                return result!;
            }
            finally
            {
                _places.Release();
            }
        }
        finally
        {
            sessions.Release(question.Caller.Id);
        }
    }

    public void Dispose() => _places.Dispose();

    private static ExplainResult.Unusable? Check(ExplainQuestion question, byte[] text, out StartupSettings settings)
    {
        settings = null!;
        if (text.Length > MaxTextBytes)
        {
            return new ExplainResult.Unusable($"The text is longer than {MaxTextBytes} bytes.", "Explain fewer statements at once.");
        }

        if (text.AsSpan().Contains((byte)0) || question.SearchPath is { Length: > MaxSearchPathCharacters } || question.SearchPath?.Contains('\0') == true)
        {
            return new ExplainResult.Unusable("The text or the search path holds what PostgreSQL cannot take.", "Remove zero bytes, and shorten the search path.");
        }

        var startup = new StartupPacket.Startup(3, 0, question.SearchPath is { Length: > 0 } path ? [new("search_path", path)] : []);
        if (StartupSettings.Of(startup, out var refusal) is not { } accepted)
        {
            return new ExplainResult.Unusable(refusal, "Give the search path as a list of schema names.");
        }

        settings = accepted with { Parameters = [.. accepted.Parameters, .. Restraints] };
        return null;
    }

    private async Task<ExplainResult> ExplainOnContextAsync(ExplainQuestion question, byte[] text, StartupSettings settings, CancellationToken cancellationToken)
    {
        var ranges = new List<TextRange>();
        switch (StatementSplitter.Split(text, ranges))
        {
            case SplitFault.Unterminated:
                return new ExplainResult.Unusable("A quote or comment of the text never ends.", "Close it.");
            case SplitFault.TooManyStatements:
                return TooMany();
        }

        if (ranges.Count > MaxStatements)
        {
            return TooMany();
        }

        if (ranges.Count == 0)
        {
            return new ExplainResult.Unusable("The text holds no statement.", "Give a statement.");
        }

        var chain = await recorder.StartSessionAsync(FactsOf(question));
        var reason = "failed";
        try
        {
            var result = await ExplainRecordedAsync(question, text, ranges, settings, chain, cancellationToken);
            reason = result is ExplainResult.Explained ? "explained" : "refused";
            return result;
        }
        finally
        {
            await chain.EndAsync(reason);
        }
    }

    private static ExplainResult.Unusable TooMany() => new($"The text holds more than {MaxStatements} statements.", "Explain fewer at once.");

    private SessionFacts FactsOf(ExplainQuestion question) => new()
    {
        SessionId = SessionRegistry.NewId(),
        Target = targets.Find(question.Target)?.Target.Name ?? "",
        Principal = question.Caller,
        ClientAddress = question.ClientAddress,
        Tls = "none",
        Protocol = "explain",
        PolicyHash = policy.Current.Hash,
    };

    private async Task<ExplainResult> ExplainRecordedAsync(
        ExplainQuestion question, byte[] text, List<TextRange> ranges, StartupSettings settings, SessionRecorder chain, CancellationToken cancellationToken)
    {
        var principal = question.As ?? question.Caller;
        if (policy.MayConnect(principal, question.Target) is { } closed || targets.Find(question.Target) is not { } shared)
        {
            var deny = policy.MayConnect(principal, question.Target) ?? new Verdict.Deny("no-target", "There is no such target.", "Name a configured one.");
            await chain.DenyAsync(new DenialFacts { PolicyHash = policy.Current.Hash, Rule = deny.Rule, Reason = "not-connected", Action = "disconnected" });
            return new ExplainResult.NotConnected(deny);
        }

        using var limit = new CancellationTokenSource(Limit, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            var connection = await shared.Target.ConnectAsync(settings.Parameters, stop.Token);
            await using var abort = stop.Token.UnsafeRegister(static opened => ((TargetConnection)opened!).Wire.Abort(), connection);
            await using var session = new AnalysisSession(
                shared, connection, () => policy.Current.PhiOf(question.Target), () => policy.UnmaskedOf(principal, question.Target), chain, metrics, MaxMessageBytes);
            await session.PrepareCatalogueAsync();
            var snapshot = policy.Current;
            var explained = ImmutableArray.CreateBuilder<StatementExplanation>(ranges.Count);
            foreach (var range in ranges)
            {
                explained.Add(await ExplainOneAsync(session, shared, snapshot, principal, range.Of(text.AsMemory()), chain, question.As is not null));
            }

            return new ExplainResult.Explained(snapshot.Hash, explained.ToImmutable());
        }
        catch (TargetUnavailableException unavailable)
        {
            return new ExplainResult.Unavailable(unavailable.Message);
        }
        catch (Exception exception) when (exception is IOException or PostgresProtocolException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return new ExplainResult.Unavailable(limit.IsCancellationRequested
                ? $"The explanation took longer than {Limit.TotalSeconds:0} s."
                : $"The connection to the target {question.Target} was lost.");
        }
    }

    private async ValueTask<StatementExplanation> ExplainOneAsync(
        AnalysisSession session, SharedTarget shared, PolicySnapshot snapshot, Principal principal, ReadOnlyMemory<byte> text, SessionRecorder chain, bool forOther)
    {
        var preparation = await session.ReadAsync(text);
        var explanation = ExplanationText.Of(text, preparation, command => policy.Judge(snapshot, principal, command), snapshot.PhiOf(shared.Target.Name), shared.Words);
        await chain.ExplainedAsync(new ExplanationFacts
        {
            Command = (preparation as Preparation.Ready)?.Statement.Encoded,
            PolicyHash = snapshot.Hash,
            Decision = explanation.Decision.ToString().ToLowerInvariant(),
            Rule = explanation.Rule,
            ForOther = forOther,
        });
        return explanation;
    }
}

/// <summary>Who wants what explained.</summary>
/// <param name="Caller">Whose request it is; recorded.</param>
/// <param name="As">For whom to judge instead, as described by a caller who may do so; null for the caller.</param>
/// <param name="Target">The target's name, as asked.</param>
/// <param name="Sql">One or more statements.</param>
/// <param name="SearchPath">The session's search path; null or empty for the target's own.</param>
/// <param name="ClientAddress">Address without a port.</param>
public sealed record ExplainQuestion(Principal Caller, Principal? As, string Target, string Sql, string? SearchPath, string ClientAddress);
