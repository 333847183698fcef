using System.Text;
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
/// can only read, on a connection of its own, bounded in time. Whatever goes wrong is told in place of the number and holds up nothing.
/// </summary>
/// <param name="shared">The target.</param>
/// <param name="inquiry">Asks on the session itself.</param>
/// <param name="startup">What the session started with.</param>
/// <param name="role">The session's own role, or null where it has none.</param>
/// <param name="time">The clock.</param>
internal sealed class RowMeasurer(SharedTarget shared, ServerInquiry inquiry, StartupSettings startup, string? role, TimeProvider time)
{
    private const string Elsewhere = "outside its session the statement means something else";

    /// <summary>For the connection and everything on it.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

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

    /// <summary>Measures a statement. Never fails.</summary>
    public async ValueTask<RowMeasure> MeasureAsync(HeldStatement held, SessionSettings? settings)
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
            return await EstimateAsync(held, settings!, limit.Token);
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

    private async ValueTask<RowMeasure> EstimateAsync(HeldStatement held, SessionSettings settings, CancellationToken stop)
    {
        try
        {
            await using var connection = await MeasuringConnection.OpenAsync(shared.Target, [.. startup.Parameters, .. Restraints], stop);
            await using var abort = stop.UnsafeRegister(static opened => ((MeasuringConnection)opened!).Abort(), connection);
            await BecomeAsync(connection);
            await connection.QueryAsync("BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY");
            await connection.QueryAsync(SetSql(settings));
            return await MeansTheSameAsync(connection, held.Statement) ? await PlanAsync(connection, held) : RowMeasure.NotEstimated(Elsewhere);
        }
        catch (TargetUnavailableException)
        {
            return RowMeasure.NotEstimated("the target gives no connection for it");
        }
        catch (StatementFailedException failed)
        {
            return RowMeasure.NotEstimated(WhyFailed(failed.SqlState));
        }
        catch (Exception exception) when (exception is IOException or PostgresProtocolException or OperationCanceledException)
        {
            return RowMeasure.NotEstimated(stop.IsCancellationRequested ? $"it took longer than {Limit.TotalSeconds:0} s" : "the connection for it was lost");
        }
    }

    /// <summary>Takes the session's own role where the gateway's may; otherwise the plan is the one of the gateway's role.</summary>
    private async ValueTask BecomeAsync(MeasuringConnection connection)
    {
        if (role is null)
        {
            return;
        }

        try
        {
            await connection.QueryAsync($"SET ROLE {SqlQuoting.Name(role)}");
        }
        catch (StatementFailedException)
        {
            // From PostgreSQL 16 on whoever makes a role may not take it by that alone.
        }
    }

    private static string SetSql(SessionSettings settings) =>
        $"SELECT pg_catalog.set_config('DateStyle', {SqlQuoting.Text(settings.DateStyle)}, true), pg_catalog.set_config('IntervalStyle', {SqlQuoting.Text(settings.IntervalStyle)}, true), "
        + $"pg_catalog.set_config('TimeZone', {SqlQuoting.Text(settings.TimeZone)}, true), pg_catalog.set_config('search_path', {SqlQuoting.Text(settings.SearchPath)}, true)";

    /// <summary>Whether the server reads the text here exactly as it did in the session: other settings or tables of the session's own would measure something else.</summary>
    private static async ValueTask<bool> MeansTheSameAsync(MeasuringConnection connection, ServerStatement statement)
    {
        var parsed = await connection.ParseAsync(statement.Text, statement.ParameterTypes);
        return parsed.Dumps is [{ Length: > 0 } dump] && ServerStatement.HashOf(dump) == statement.DumpHash;
    }

    private static async ValueTask<RowMeasure> PlanAsync(MeasuringConnection connection, HeldStatement held)
    {
        byte[] explain = [.. "EXPLAIN (FORMAT JSON) "u8, .. held.Statement.Text];
        await connection.ParseAsync(explain, held.Statement.ParameterTypes);
        var answer = await connection.ExecuteAsync(held.Parameters);
        return answer.Rows is [[{ } plan]] && PlanEstimate.Read(plan) is { } estimate
            ? new RowMeasure { EstimatedRows = estimate.Rows, EstimatedBy = estimate.By }
            : RowMeasure.NotEstimated("its plan could not be read");
    }

    private static string WhyFailed(string sqlState) => sqlState switch
    {
        "57014" => "planning it took too long",
        "55P03" => "something it needs is locked",
        _ => $"the server does not plan it there (SQLSTATE {sqlState})",
    };
}
