using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Target;
using Sallyport.Gateway.Targets;
using Sallyport.Gateway.Transport;

namespace Sallyport.Gateway.Protocols.Postgres.Administration;

/// <summary>How bad a finding is.</summary>
public enum LiveSeverity
{
    /// <summary>Sessions cannot work, or the gateway cannot keep its word.</summary>
    Error,

    /// <summary>Something gets round the gateway, or PHI stays behind at the target.</summary>
    Warning,

    /// <summary>Worth knowing.</summary>
    Note,
}

/// <summary>One thing a target lacks.</summary>
/// <param name="Target">The target's name.</param>
/// <param name="Severity">How bad it is.</param>
/// <param name="Message">What, in a sentence.</param>
/// <param name="Fix">The exact SQL that mends it, to be run by an administrator of the target; empty when no SQL does.</param>
public sealed record LiveFinding(string Target, LiveSeverity Severity, string Message, string Fix);

/// <summary>Signs in to a target as the gateway would and says what it lacks. Changes nothing.</summary>
public static class LiveCheck
{
    /// <summary>For one target.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <param name="target">The target, with the gateway's own credential.</param>
    /// <param name="policy">What is protected there.</param>
    /// <param name="grants">What is open there.</param>
    /// <param name="transport">Connects.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<IReadOnlyList<LiveFinding>> RunAsync(
        PostgresTarget target, TargetPolicy policy, IReadOnlyList<Grant> grants, TransportEngine transport, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(transport);
        IReadOnlyList<LiveFinding> findings = [];
        await transport.RunAsync(async () => findings = await LookAsync(target, policy, grants, cancellationToken));
        return findings;
    }

    private static async Task<IReadOnlyList<LiveFinding>> LookAsync(PostgresTarget target, TargetPolicy policy, IReadOnlyList<Grant> grants, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Limit, target.Time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await using var connection = await PlainConnection.OpenAsync(target, stop.Token);
            await using var abort = stop.Token.UnsafeRegister(static opened => ((PlainConnection)opened!).Abort(), connection);
            return await new LiveQuestions(connection, target, policy, grants).AskAsync();
        }
        catch (StatementFailedException failure)
        {
            return [new LiveFinding(target.Name, LiveSeverity.Error, $"The target's catalogue cannot be read: {failure.Message}.", "")];
        }
        catch (IOException lost)
        {
            var why = lost is TargetUnavailableException ? lost.Message : "The connection was lost.";
            return [new LiveFinding(target.Name, LiveSeverity.Error, $"The gateway cannot sign in: {why}", "")];
        }
    }
}
