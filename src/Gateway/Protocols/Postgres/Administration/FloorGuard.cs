using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Target;
using Sallyport.Gateway.Targets;

namespace Sallyport.Gateway.Protocols.Postgres.Administration;

/// <summary>
/// The second key of a target in floor mode: nobody gets in while the gateway's own role there could read PHI by itself. Looked at again
/// for every session, except that a good answer holds for <see cref="GoodFor"/>. Thread-safe.
/// </summary>
internal sealed class FloorGuard(PostgresTarget target, IReadOnlyList<PhiColumn> columns, TimeProvider time)
{
    /// <summary>How long a good answer holds; rights that are given meanwhile are noticed after it.</summary>
    public static readonly TimeSpan GoodFor = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly Lock _lock = new();
    private Task<IReadOnlyList<string>>? _looking;
    private long _goodSince;
    private bool _isGood;

    /// <summary>What is wrong with the role; empty when nothing is.</summary>
    /// <exception cref="TargetUnavailableException">The target could not be asked, so nobody may come in.</exception>
    public Task<IReadOnlyList<string>> FlawsAsync()
    {
        lock (_lock)
        {
            if (_isGood && time.GetElapsedTime(_goodSince) < GoodFor)
            {
                return Task.FromResult<IReadOnlyList<string>>([]);
            }

            // One look serves everybody who waits for one.
            return _looking is { IsCompleted: false } ? _looking : _looking = LookAsync();
        }
    }

    /// <summary>
    /// What lets sessions get at PHI. They run as the credential's role, or as one of their own, which has what everybody has, what its groups
    /// have, and of its grants only what holds no PHI.
    /// </summary>
    public static async ValueTask<IReadOnlyList<string>> FlawsAsync(PlainConnection connection, IReadOnlyList<PhiColumn> columns, PostgresTargetOptions options)
    {
        if (options.TemporaryRoles is not { } roles)
        {
            return await FloorCatalog.FlawsAsync(connection, columns, options.User);
        }

        var flaws = new List<string>();
        foreach (var role in roles.MemberOf.Append("public"))
        {
            flaws.AddRange((await FloorCatalog.FlawsAsync(connection, columns, role)).Select(flaw => $"{flaw} ({role})"));
        }

        return flaws;
    }

    private async Task<IReadOnlyList<string>> LookAsync()
    {
        using var limit = new CancellationTokenSource(Limit, time);
        try
        {
            await using var connection = await PlainConnection.OpenAsync(target, limit.Token);
            await using var abort = limit.Token.UnsafeRegister(static opened => ((PlainConnection)opened!).Abort(), connection);
            var flaws = await FlawsAsync(connection, columns, target.Options);
            lock (_lock)
            {
                _isGood = flaws.Count == 0;
                _goodSince = time.GetTimestamp();
            }

            return flaws;
        }
        catch (Exception exception) when (exception is StatementFailedException or OperationCanceledException or IOException and not TargetUnavailableException)
        {
            throw new TargetUnavailableException(TargetFailure.Protocol, $"The rights of the gateway's role at {target.Name} could not be looked up.", cause: exception);
        }
    }
}
