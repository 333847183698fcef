using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Engine;
using Sallyport.Gateway.Protocols.Postgres.Target;
using Sallyport.Gateway.Recording;
using Sallyport.Gateway.Targets;
using Sallyport.Gateway.Transport;

namespace Sallyport.Gateway.Protocols.Postgres.Administration;

/// <summary>Plans the least-privilege role of a target from its live catalogue, and makes it when an operator brings the credential for that. One at a time. Thread-safe.</summary>
public sealed class FloorKeeper(PostgresTargets targets, PolicyEngine policy, Recorder recorder, TransportEngine transport, TimeProvider time) : IDisposable
{
    /// <summary>For connecting, reading and, where asked, changing.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private readonly SemaphoreSlim _one = new(1, 1);

    /// <summary>What is missing to make a role the floor of a target. Changes nothing.</summary>
    /// <exception cref="TargetUnavailableException">The target gives no answer.</exception>
    public Task<FloorResult> PlanAsync(FloorQuestion question, CancellationToken cancellationToken) => RunAsync(question, admin: null, cancellationToken);

    /// <summary>
    /// Does what a plan says, in one transaction that ends without effect unless the role is then the floor. The credential is used once and
    /// kept nowhere. Recorded before and after.
    /// </summary>
    /// <exception cref="TargetUnavailableException">The target gives no answer, or not with this credential.</exception>
    public Task<FloorResult> ApplyAsync(FloorQuestion question, AdminCredential admin, CancellationToken cancellationToken) => RunAsync(question, admin, cancellationToken);

    public void Dispose() => _one.Dispose();

    private async Task<FloorResult> RunAsync(FloorQuestion question, AdminCredential? admin, CancellationToken cancellationToken)
    {
        if (targets.Find(question.Target) is not { } shared)
        {
            return new FloorResult.NoTarget();
        }

        await _one.WaitAsync(cancellationToken);
        try
        {
            FloorResult? result = null;
            await transport.RunAsync(async () => result = await RunOnContextAsync(shared.Target, question, admin, cancellationToken));
            return result!;
        }
        finally
        {
            _one.Release();
        }
    }

    private async Task<FloorResult> RunOnContextAsync(PostgresTarget target, FloorQuestion question, AdminCredential? admin, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Limit, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var source = target.Options.User;
        var role = question.Role ?? (target.Options.RequiresFloor ? source : source + "_floor");
        var columns = policy.Current.PhiOf(question.Target).Columns;
        var signIn = admin is null
            ? target
            : new PostgresTarget(target.Options with { User = admin.User, Password = CredentialSource.FromValue(admin.Password) }, transport, time);
        try
        {
            await using var connection = await PlainConnection.OpenAsync(signIn, stop.Token);
            await using var abort = stop.Token.UnsafeRegister(static opened => ((PlainConnection)opened!).Abort(), connection);
            return admin is null
                ? new FloorResult.Planned(FloorPlanner.Plan(await FloorCatalog.ReadAsync(connection, columns, role, source), question.Level))
                : await ApplyRecordedAsync(connection, columns, role, source, question);
        }
        catch (StatementFailedException failure)
        {
            return new FloorResult.Failed($"The target refused: {failure.Message}.", []);
        }
        catch (IOException lost) when (lost is not TargetUnavailableException)
        {
            throw new TargetUnavailableException(TargetFailure.Refused, $"The connection to the target {target.Name} was lost.", cause: lost);
        }
    }

    private async Task<FloorResult> ApplyRecordedAsync(PlainConnection connection, IReadOnlyList<PhiColumn> columns, string role, string source, FloorQuestion question)
    {
        var facts = new TargetChangeFacts { Target = question.Target, By = question.Caller, What = "floor", Role = role };
        await recorder.TargetChangeAsync(facts with { Phase = "begin" });
        var phase = "failed";
        try
        {
            var result = await ApplyAsync(connection, columns, role, source, question.Level);
            phase = result is FloorResult.Applied ? "done" : "refused";
            return result;
        }
        finally
        {
            await recorder.TargetChangeAsync(facts with { Phase = phase });
        }
    }

    private static async Task<FloorResult> ApplyAsync(PlainConnection connection, IReadOnlyList<PhiColumn> columns, string role, string source, FloorLevel level)
    {
        await connection.QueryAsync("BEGIN");
        var plan = FloorPlanner.Plan(await FloorCatalog.ReadAsync(connection, columns, role, source), level);
        foreach (var statement in plan.Statements)
        {
            try
            {
                await connection.QueryAsync(statement.Sql);
            }
            catch (StatementFailedException failure)
            {
                await connection.QueryAsync("ROLLBACK");
                return new FloorResult.Failed($"Nothing was changed. The target refused this statement: {statement.Sql}: {failure.Message}.", plan.Notes);
            }
        }

        var flaws = await FloorCatalog.FlawsAsync(connection, columns, role, level);
        if (flaws.Count > 0)
        {
            await connection.QueryAsync("ROLLBACK");
            return new FloorResult.Failed($"Nothing was changed, because the role would still not be a floor: {string.Join("; ", flaws)}.", plan.Notes);
        }

        await connection.QueryAsync("COMMIT");
        return new FloorResult.Applied(plan);
    }
}

/// <summary>Which floor is wanted, and by whom.</summary>
/// <param name="Caller">The operator; recorded when something is changed.</param>
/// <param name="Target">The target's name.</param>
/// <param name="Role">The role's name; null for that of the target's credential in floor mode, else that name and <c>_floor</c>.</param>
/// <param name="Level">How far it goes.</param>
public sealed record FloorQuestion(Principal Caller, string Target, string? Role, FloorLevel Level);

/// <summary>A credential that may change roles and rights. Held for one request.</summary>
public sealed record AdminCredential(string User, string Password)
{
    public override string ToString() => $"AdminCredential {{ User = {User} }}";
}

/// <summary>What came of a question about a floor.</summary>
public abstract record FloorResult
{
    private FloorResult()
    {
    }

    public sealed record NoTarget : FloorResult;

    public sealed record Planned(FloorPlan Plan) : FloorResult;

    public sealed record Applied(FloorPlan Plan) : FloorResult;

    /// <summary>Nothing was changed.</summary>
    public sealed record Failed(string Reason, IReadOnlyList<string> Notes) : FloorResult;
}
