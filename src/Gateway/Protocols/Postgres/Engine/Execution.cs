using System.Collections.Immutable;
using System.Diagnostics;
using Sallyport.Gateway.Budgets;
using Sallyport.Gateway.Budgets.Usage;
using Sallyport.Gateway.Recording;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>One admitted command on its way: what its rows look like, and what is recorded when it ends.</summary>
internal sealed class Execution : IReplyWaiter
{
    private TaskCompletionSource<bool>? _copyStarted;
    private TaskCompletionSource? _whenEnded;
    private TaskCompletionSource? _whenSettled;
    private bool _copyHasStarted;

    /// <summary>Recorded and allowed; holds the intent's place in the ledger.</summary>
    public required Sessions.Permit Permit { get; init; }

    /// <summary>Null when nothing is masked.</summary>
    public MaskPlan? Plan { get; set; }

    public MaskCount[] Counts { get; set; } = [];

    public ServerStatement Statement => Portal.Statement;

    /// <summary>How many protected cells a row counts as: those that are masked, and one for each column that is read in clear.</summary>
    public int CellsIn(ReadOnlySpan<byte> row) => (Plan?.CellsIn(row) ?? 0) + Statement.Command.Unmasked.Length;

    /// <summary>The same where nothing is masked.</summary>
    public int ClearCells => Statement.Command.Unmasked.Length;

    public required Portal Portal { get; init; }

    /// <summary>Writes the rows as copy data; null when they go out as rows.</summary>
    public CopyEncoder? Copy { get; init; }

    public bool TouchesPhi => Statement.TouchesPhi;

    /// <inheritdoc cref="ServerStatement.Risk"/>
    public FailureRisk Risk => Statement.Risk;

    /// <inheritdoc cref="ServerStatement.EqualityColumns"/>
    public ImmutableArray<string> EqualityColumns => Statement.EqualityColumns;

    /// <inheritdoc cref="ServerStatement.IsCleanRead"/>
    public bool IsCleanRead => Statement.IsCleanRead;

    /// <summary>Whether the command changes nothing.</summary>
    public bool ReadsOnly => !Statement.ChangesSomething;

    /// <summary>A RowDescription that goes out before the first row, because the client did not ask for one (simple query).</summary>
    public byte[] RowDescription { get; set; } = [];

    /// <summary>Whether its end has to be taken in by <see cref="Executor.TakeIn"/>.</summary>
    public bool ChangesSession { get; init; }

    public long Rows { get; set; }

    public long Bytes { get; set; }

    /// <summary>Most rows the client may get of it; 0 for any number.</summary>
    public int RowLimit { get; init; }

    /// <summary>It has more rows than that. The last one that came was dropped, and no more are asked for.</summary>
    public bool IsOverRowLimit { get; set; }

    /// <summary>Counts what it uses of the session's budgets; null when none concerns it.</summary>
    public UsageLease? Lease { get; init; }

    /// <summary>Its rows are counted before they go out, and nothing follows it before it is settled.</summary>
    public bool IsMetered { get; init; }

    /// <summary>A budget has stopped it: no further row goes out, and an error stands in place of its end.</summary>
    public UsageStop? Stop { get; set; }

    /// <summary>The client has got that error.</summary>
    public bool IsStopTold { get; set; }

    /// <summary>The gateway made it fail: the error the client gets in place of the server's. Empty otherwise.</summary>
    public byte[] FailedFor { get; set; } = [];

    public bool IntentKnownDurable { get; set; }

    public bool Ended { get; private set; }

    public long StartedAt { get; } = Stopwatch.GetTimestamp();

    /// <summary>Completes with true when the server is ready for the client's copy data, with false when it never will be.</summary>
    public Task<bool> CopyStartedAsync()
    {
        _copyStarted ??= new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (_copyHasStarted || Ended)
        {
            _copyStarted.TrySetResult(_copyHasStarted);
        }

        return _copyStarted.Task;
    }

    public void CopyStarted()
    {
        _copyHasStarted = true;
        _copyStarted?.TrySetResult(true);
    }

    public void End(SessionRecorder recorder, OutcomeStatus status, string? sqlState, long rows)
    {
        if (Ended)
        {
            return;
        }

        Ended = true;
        Lease?.Settle();
        recorder.Outcome(new OutcomeFacts
        {
            IntentIndex = Permit.Intent.Index,
            Status = status,
            SqlState = sqlState,
            Rows = rows,
            Bytes = Bytes,
            DurationMicroseconds = (long)Stopwatch.GetElapsedTime(StartedAt).TotalMicroseconds,
            Masked = Masked(),
        });
        _copyStarted?.TrySetResult(false);
        _whenEnded?.TrySetResult();
        Settled();
    }

    /// <summary>Completes when the server has answered the Execute that is about to be sent: it ended, failed, or was suspended.</summary>
    public Task WhenSettled() => (_whenSettled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    public void Settled() => _whenSettled?.TrySetResult();

    /// <summary>How many rows to ask the server for: one more than the client may get, so that what goes past the limit shows.</summary>
    /// <param name="maxRows">What the client asked for; 0 for all.</param>
    public int RowsToAsk(int maxRows)
    {
        if (RowLimit == 0)
        {
            return maxRows;
        }

        var left = (int)(RowLimit - Rows) + 1;
        return maxRows == 0 || maxRows > left ? left : maxRows;
    }

    /// <summary>Completes when the server is done with it.</summary>
    public Task WhenEnded()
    {
        _whenEnded ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (Ended)
        {
            _whenEnded.TrySetResult();
        }

        return _whenEnded.Task;
    }

    public void Skip()
    {
        // The recorder is told by the loop that skips; see BackendLoop.SkipToSync.
    }

    public void Fail(Exception exception)
    {
        _copyStarted?.TrySetException(exception);
        _whenSettled?.TrySetException(exception);
    }

    private MaskedCount[] Masked()
    {
        if (Plan is null)
        {
            return [];
        }

        var tallies = new MaskedCount[Plan.Columns.Length];
        for (var i = 0; i < tallies.Length; i++)
        {
            tallies[i] = new MaskedCount(Plan.Columns[i], Counts[i].Masked, Counts[i].Nulls);
        }

        return tallies;
    }
}
