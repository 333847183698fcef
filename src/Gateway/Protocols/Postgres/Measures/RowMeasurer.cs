using System.Text;
using Sallyport.Evidence.Log;
using Sallyport.Gateway.Approvals;
using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Administration;
using Sallyport.Gateway.Protocols.Postgres.Engine;
using Sallyport.Gateway.Protocols.Postgres.Messages;
using Sallyport.Gateway.Protocols.Postgres.Sql;
using Sallyport.Gateway.Targets;

namespace Sallyport.Gateway.Protocols.Postgres.Measures;

/// <summary>
/// Finds out for a reviewer how many rows a held statement would touch: the target plans it (EXPLAIN without ANALYZE) in a transaction that
/// can only read, on a connection of its own, bounded in time; where a rule wants it, a dry run follows. Whatever goes wrong is told in place of the number and holds up nothing.
/// </summary>
/// <param name="shared">The target.</param>
/// <param name="inquiry">Asks on the session itself.</param>
/// <param name="startup">What the session started with.</param>
/// <param name="role">The session's own role, or null where it has none.</param>
/// <param name="time">The clock.</param>
internal sealed class RowMeasurer(SharedTarget shared, ServerInquiry inquiry, StartupSettings startup, string? role, TimeProvider time)
{
    /// <summary>For the connection and everything on it.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>What keeps the connection from doing or holding up anything.</summary>
    private static readonly KeyValuePair<string, string>[] Restraints =
    [
        new("application_name", "sallyport measure"),
        new("default_transaction_read_only", "on"),
        new("idle_in_transaction_session_timeout", "10s"),
        new("lock_timeout", "500ms"),
        new("statement_timeout", "2s"),
    ];

    /// <summary>The session's settings now; null when they cannot be read. Changes nothing: its transaction has its snapshot since the statement was parsed.</summary>
    public async ValueTask<SessionSettings?> SettingsAsync() =>
        await inquiry.QueryAsync(SessionSettings.Query) is [[{ } path, { } date, { } interval, { } zone]]
            ? new SessionSettings(Encoding.UTF8.GetString(path), Encoding.UTF8.GetString(date), Encoding.UTF8.GetString(interval), Encoding.UTF8.GetString(zone))
            : null;

    /// <summary>Measures a statement. Fails only where the ledger cannot record a dry run.</summary>
    /// <param name="held">The statement.</param>
    /// <param name="settings">What <see cref="SettingsAsync"/> found before it was held.</param>
    /// <param name="recordDryRunAsync">Records that its dry run begins; null where no rule wants one.</param>
    public async ValueTask<RowMeasure> MeasureAsync(HeldStatement held, SessionSettings? settings, Func<ValueTask>? recordDryRunAsync)
    {
        var measure = await EstimatedAsync(held, settings, recordDryRunAsync);
        return recordDryRunAsync is not null && measure is { EstimatedRows: null } ? measure with { NoDryRun = "there is no estimate to go by" } : measure;
    }

    private async ValueTask<RowMeasure> EstimatedAsync(HeldStatement held, SessionSettings? settings, Func<ValueTask>? recordDryRunAsync)
    {
        if (WhyNot(held, settings) is { } why)
        {
            return RowMeasure.NotEstimated(why);
        }

        if (!shared.Measures.TryEnter())
        {
            return RowMeasure.NotEstimated("too many commands are being measured at this moment");
        }

        try
        {
            using var limit = new CancellationTokenSource(Limit, time);
            return await MeasureAsync(held, settings!, recordDryRunAsync, limit.Token);
        }
        finally
        {
            shared.Measures.Leave();
        }
    }

    /// <summary>Why a statement is not planned at all; null when it may be.</summary>
    private static string? WhyNot(HeldStatement held, SessionSettings? settings) => held switch
    {
        { Statement: not { Form: StatementForm.Analysed, Analysis: not null, Command.Class: CommandClass.Read or CommandClass.Write } } =>
            "only SELECT, INSERT, UPDATE, DELETE and MERGE have a plan",
        { Statement.Command.Functions.Length: > 0 } => "it calls functions that are not PostgreSQL's own, which planning could run",
        { BindsTokens: true } => "tokens stand among its parameters",
        _ when settings is null => "the session's settings could not be read",
        _ => null,
    };

    private async ValueTask<RowMeasure> MeasureAsync(HeldStatement held, SessionSettings settings, Func<ValueTask>? recordDryRunAsync, CancellationToken stop)
    {
        var measure = RowMeasure.None;
        try
        {
            await using var connection = await MeasuringConnection.OpenAsync(shared.Target, [.. startup.Parameters, .. Restraints], stop);
            await using var abort = stop.UnsafeRegister(static opened => ((MeasuringConnection)opened!).Abort(), connection);
            var isLikeSession = await BecomeAsync(connection);
            await connection.QueryAsync("BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY");
            await connection.QueryAsync(settings.SetSql());
            if (await connection.TreeAsync(held.Statement) is not { } tree)
            {
                return RowMeasure.NotEstimated("outside its session the statement means something else");
            }

            if (await PlanAsync(connection, held) is not { } estimate)
            {
                return RowMeasure.NotEstimated("its plan could not be read");
            }

            measure = new RowMeasure { EstimatedRows = estimate.Rows, EstimatedBy = estimate.By };
            await connection.QueryAsync("ROLLBACK");
            if (recordDryRunAsync is null)
            {
                return measure;
            }

            return (isLikeSession ? DryRun.WhyNot(held, estimate) : "the gateway's role may not act as the session's") is { } why
                ? measure with { NoDryRun = why }
                : await new DryRun(connection, held, settings, recordDryRunAsync, time).RunAsync(measure, tree);
        }
        catch (TargetUnavailableException)
        {
            return Failed(measure, "the target gives no connection for it");
        }
        catch (StatementFailedException failed)
        {
            return Failed(measure, WhyFailed(failed.SqlState));
        }
        catch (Exception exception) when (exception is (IOException and not LedgerUnavailableException) or PostgresProtocolException or OperationCanceledException)
        {
            return Failed(measure, stop.IsCancellationRequested ? $"it took longer than {Limit.TotalSeconds:0} s" : "the connection for it was lost");
        }
    }

    /// <summary>What is known stays known.</summary>
    private static RowMeasure Failed(RowMeasure measure, string why) => measure.EstimatedRows is null ? RowMeasure.NotEstimated(why) : measure with { NoDryRun = why };

    /// <summary>Takes the session's own role where the gateway's may; otherwise the plan is the one of the gateway's role.</summary>
    /// <returns>Whether the connection has the rights of the session.</returns>
    private async ValueTask<bool> BecomeAsync(MeasuringConnection connection)
    {
        if (role is null)
        {
            return true;
        }

        try
        {
            await connection.QueryAsync($"SET ROLE {SqlQuoting.Name(role)}");
            return true;
        }
        catch (StatementFailedException)
        {
            // It was not made so that the gateway's own role is a member of it.
            return false;
        }
    }

    private static async ValueTask<PlanEstimate?> PlanAsync(MeasuringConnection connection, HeldStatement held)
    {
        byte[] explain = [.. "EXPLAIN (FORMAT JSON) "u8, .. held.Statement.Text];
        await connection.ParseAsync(explain, held.Statement.ParameterTypes);
        var answer = await connection.ExecuteAsync(held.Parameters, keepsRows: true);
        return answer.Rows is [[{ } plan]] ? PlanEstimate.Read(plan) : null;
    }

    private static string WhyFailed(string sqlState) => sqlState switch
    {
        "57014" => "it took too long",
        "55P03" => "something it needs is locked",
        _ => $"it fails there (SQLSTATE {sqlState})",
    };
}
