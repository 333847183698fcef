using System.Globalization;
using Sallyport.Gateway.Approvals;
using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Administration;

namespace Sallyport.Gateway.Protocols.Postgres.Measures;

/// <summary>
/// Runs a held write in a transaction that is rolled back, to count its rows: only where a rule asks for it and nothing of it can outlive the rollback.
/// Recorded before it runs. What it returns is dropped as it comes.
/// </summary>
/// <param name="connection">The connection for it, outside a transaction, with the rights the session has.</param>
/// <param name="held">The statement.</param>
/// <param name="settings">The session's settings.</param>
/// <param name="recordAsync">Records that it is about to run; durable when complete.</param>
/// <param name="time">The clock.</param>
internal sealed class DryRun(MeasuringConnection connection, HeldStatement held, SessionSettings settings, Func<ValueTask> recordAsync, TimeProvider time)
{
    /// <summary>Most rows the planner may expect. A larger write holds too many locks, and leaves too many dead rows behind, for a number.</summary>
    public const long MaxRows = 100_000;

    /// <summary>How long the write always takes for the requester, who is not to learn from the time how many rows its conditions found.</summary>
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(1);

    /// <summary>How long it may take itself, more than it may wait for locks: less than the whole, so that giving it up takes no longer either.</summary>
    private static readonly TimeSpan Limit = Duration * 0.7;

    private const Effects Counted = Effects.Insert | Effects.Update | Effects.Delete | Effects.Merge;

    private readonly Command _command = held.Statement.Command;

    /// <summary>Why it is not tried at all; null when it may be.</summary>
    /// <param name="held">The statement.</param>
    /// <param name="estimate">What the planner says about it.</param>
    public static string? WhyNot(HeldStatement held, PlanEstimate estimate) => held.Statement.Command switch
    {
        { Class: not CommandClass.Write } or { Effects: Effects.None } => "it is no write",
        { Effects: var effects } when (effects & ~Counted) != 0 => "it does more than insert, update, delete or merge",
        // Row versions (xmax) and the statistics views keep marks of what was rolled back, which the requester may read: of clean columns these tell nothing new.
        { PhiColumns.Length: > 0 } => "it uses tagged columns, and rows keep a mark of a write that was taken back",
        _ when !estimate.IsOneWrite => "it does more than one write",
        _ when !held.IsAlone => "a transaction is open in the session, whose changes cannot be seen from outside",
        { Relations: var relations } when relations.Any(static use => use is { Access: RelationAccess.Write, Indirect: true } || use.Schema.Length == 0) => "it writes through a view or a rule",
        _ when estimate.Rows > MaxRows => string.Create(CultureInfo.InvariantCulture, $"the planner expects more than {MaxRows:N0} rows"),
        _ => null,
    };

    /// <summary>Runs it and takes it back.</summary>
    /// <param name="measure">What is known already.</param>
    /// <param name="tree">The statement's query tree.</param>
    /// <exception cref="StatementFailedException">The server refused a step.</exception>
    public async ValueTask<RowMeasure> RunAsync(RowMeasure measure, byte[] tree)
    {
        try
        {
            await connection.QueryAsync("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE");
            await connection.QueryAsync($"SET LOCAL search_path = pg_catalog, pg_temp; SET LOCAL statement_timeout = {Limit.TotalMilliseconds:0}");
            if (await TroubleAsync(tree) is { } why)
            {
                return measure with { NoDryRun = why };
            }

            await connection.QueryAsync(settings.SetSql());
            if (await connection.TreeAsync(held.Statement) is null)
            {
                return measure with { NoDryRun = "its tables changed meanwhile" };
            }

            await recordAsync();
            return RowsOf(await ExecuteAsync()) is { } rows ? measure with { DryRunRows = rows } : measure with { NoDryRun = "the server did not say how many rows" };
        }
        finally
        {
            // Where this fails the connection is gone, and the server rolls back by itself.
            await connection.QueryAsync("ROLLBACK");
        }
    }

    /// <returns>The tag of the command.</returns>
    private async ValueTask<string> ExecuteAsync()
    {
        var end = Task.Delay(Duration, time);
        try
        {
            return (await connection.ExecuteAsync(held.Parameters, keepsRows: false)).Tag;
        }
        finally
        {
            // Its locks are given back before the time is over.
            await connection.QueryAsync("ROLLBACK");
            await end;
        }
    }

    /// <summary>Looks at everything the write would set in motion, under locks that keep it so.</summary>
    private async ValueTask<string?> TroubleAsync(byte[] tree)
    {
        var written = _command.Relations.Where(static use => use.Access == RelationAccess.Write).Distinct().ToList();
        if (written.Count == 0)
        {
            return "it does not say what it writes";
        }

        await connection.QueryAsync(DryRunSql.Lock(written));
        if (FirstOf(await connection.QueryAsync(DryRunSql.TroubleWithWritten(written))) is { } ofWritten)
        {
            return ofWritten;
        }

        if (FirstOf(await connection.QueryAsync(DryRunSql.TroubleWithRead(_command.Relations.Distinct()))) is { } ofRead)
        {
            return ofRead;
        }

        var functions = QueryTree.Functions(tree);
        if (QueryTree.HasDoers(tree) || functions.Any(static oid => oid is 0 or >= DryRunSql.FirstNormalOid))
        {
            return "it does what a rollback may not undo, such as advancing a sequence";
        }

        var quiet = await connection.QueryAsync(DryRunSql.QuietFunctions(functions));
        return quiet.Text(0, 0) == functions.Count.ToString(CultureInfo.InvariantCulture) ? null : "it calls volatile functions, such as the next number of a sequence";
    }

    private static string? FirstOf(MeasureAnswer reasons) => reasons.Rows.Count == 0 ? null : reasons.Text(0, 0);

    /// <summary>The count in a tag such as <c>INSERT 0 5</c>.</summary>
    private static long? RowsOf(string tag) =>
        tag.Split(' ') is [.., var count] && long.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var rows) ? rows : null;
}
