using Sallyport.Gateway.Approvals;
using Sallyport.Gateway.Budgets;
using Sallyport.Gateway.Budgets.Usage;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Administration;
using Sallyport.Gateway.Protocols.Postgres.Engine;
using Sallyport.Gateway.Protocols.Postgres.Target;
using Sallyport.Gateway.Recording;
using Sallyport.Gateway.Sessions;
using Sallyport.Gateway.Targets;
using Sallyport.Gateway.Transport;

namespace Sallyport.Gateway.Protocols.Postgres.SelfTests;

/// <summary>
/// Attacks a copy of a target's protected tables through the gateway's own engine, under the target's own tags and masks, and says what got
/// through. The copy is a database of its own, reachable for nobody else through the gateway, and is dropped whatever happens. One at a time.
/// </summary>
public sealed class SelfTester(
    PostgresTargets targets,
    PolicyEngine policy,
    Authenticator authenticator,
    ApprovalDesk approvals,
    Recorder recorder,
    GatewayMetrics metrics,
    TransportEngine transport,
    TimeProvider time) : IDisposable
{
    /// <summary>For all of it.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    private const int Unlimited = int.MaxValue;

    private readonly SemaphoreSlim _one = new(1, 1);

    /// <param name="caller">The operator; recorded.</param>
    /// <param name="target">The target's name.</param>
    /// <param name="admin">May create databases at the target. Used for this run and kept nowhere.</param>
    /// <param name="also">Columns that hold PHI in the operator's eyes although the configuration does not say so: made-up values are put there too.</param>
    /// <param name="cancellationToken">Gives up; the copy is dropped.</param>
    /// <exception cref="TargetUnavailableException">The target gives no answer, or not with this credential.</exception>
    public async Task<SelfTestResult> RunAsync(Principal caller, string target, AdminCredential admin, IReadOnlyList<PhiColumn> also, CancellationToken cancellationToken)
    {
        if (targets.Find(target) is not { } shared || policy.Current.Target(target) is not { } facts)
        {
            return new SelfTestResult.NoTarget();
        }

        if (facts.Phi.IsEmpty && also.Count == 0)
        {
            return new SelfTestResult.Failed("The target has no protected column, so there is nothing to attack.");
        }

        await _one.WaitAsync(cancellationToken);
        try
        {
            var change = new TargetChangeFacts { Target = target, By = caller, What = "selftest" };
            await recorder.TargetChangeAsync(change with { Phase = "begin" });
            SelfTestResult? result = null;
            try
            {
                await transport.RunAsync(async () => result = await RunOnContextAsync(caller, shared.Target, facts, admin, also, cancellationToken));
                return result!;
            }
            finally
            {
                await recorder.TargetChangeAsync(change with { Phase = result is SelfTestResult.Done ? "done" : "failed" });
            }
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    private async Task<SelfTestResult> RunOnContextAsync(
        Principal caller, PostgresTarget target, TargetPolicy facts, AdminCredential admin, IReadOnlyList<PhiColumn> also, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Limit, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var scratch = new ScratchDatabase();
        var administrator = target.Options with { User = admin.User, Password = CredentialSource.FromValue(admin.Password) };
        try
        {
            await using (var own = await PlainConnection.OpenAsync(target, stop.Token))
            {
                await scratch.ReadAsync(own, [.. facts.Phi.Columns.Concat(also).DistinctBy(static c => (c.Schema, c.Table, c.Column))]);
            }

            if (!scratch.Tables.Any(static table => table.Columns.Any(static column => column.CanBeKnown)))
            {
                return new SelfTestResult.Failed("No protected column of the target can hold a value that could be known again.");
            }

            await using var connection = await PlainConnection.OpenAsync(new PostgresTarget(administrator, transport, time), stop.Token);
            await ScratchDatabase.CleanAsync(connection);
            await connection.QueryAsync($"CREATE DATABASE {scratch.Name} TEMPLATE template0 ENCODING 'UTF8'");
            try
            {
                return new SelfTestResult.Done(await AttackAsync(caller, target, facts, administrator, scratch, stop.Token));
            }
            finally
            {
                await connection.QueryAsync($"DROP DATABASE {scratch.Name} WITH (FORCE)");
            }
        }
        catch (StatementFailedException failure)
        {
            return new SelfTestResult.Failed($"The target refused: {failure.Message}.");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new SelfTestResult.Failed($"It took longer than {Limit.TotalMinutes:0} minutes.");
        }
        catch (IOException lost) when (lost is not TargetUnavailableException)
        {
            throw new TargetUnavailableException(TargetFailure.Refused, $"The connection to the target {target.Name} was lost.", cause: lost);
        }
    }

    private async Task<SelfTestReport> AttackAsync(
        Principal caller, PostgresTarget target, TargetPolicy facts, PostgresTargetOptions administrator, ScratchDatabase scratch, CancellationToken cancellationToken)
    {
        await using (var inside = await PlainConnection.OpenAsync(new PostgresTarget(administrator with { Database = scratch.Name }, transport, time), cancellationToken))
        {
            await scratch.FillAsync(inside, target.Options.User);
        }

        // Targets, policy and sessions of this run only: nobody else's session can reach the copy.
        var copies = new PostgresTargets();
        copies.Set(new PostgresTarget(target.Options with { Database = scratch.Name, RequiresFloor = false }, transport, time), facts);
        using var sessions = new SessionRegistry(new SessionLimits(), time);
        await using var usage = UsageBudgets.InMemory(time);
        var door = new PostgresDoor
        {
            Authenticator = authenticator,
            Policy = new PolicyEngine(PolicyFor(caller, facts), time),
            Approvals = approvals,
            Budgets = new InferenceBudgets(time),
            Usage = usage,
            Recorder = recorder,
            Sessions = sessions,
            Metrics = metrics,
            Targets = copies,
            CancelKeys = new CancelKeys(),
            Time = time,
            HaltedFor = TimeSpan.Zero,
        };
        return await new SelfTestRun(scratch, new SelfTestSession(door, copies.Find(target.Name)!, caller)).RunAsync(cancellationToken);
    }

    /// <summary>The target's tags, masks and predicate levels; all else is open, so that nothing but them stands in the way. Budgets would hide what they end.</summary>
    private PolicySnapshot PolicyFor(Principal caller, TargetPolicy facts) => new(
        policy.Current.Hash,
        [facts],
        [new Grant { Name = "selftest", Target = facts.Name, Principals = [new PrincipalMatch { Id = caller.Id }], Allow = [CommandClass.Read, CommandClass.Write, CommandClass.Ddl] }],
        [])
    {
        Inference = new InferencePolicy { ConstantsPerHour = Unlimited, ListLength = Unlimited, Errors = Unlimited, ErrorsPerHour = Unlimited, WriteErrorsPerHour = Unlimited },
    };
}
