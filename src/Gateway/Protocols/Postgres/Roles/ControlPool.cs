using System.Threading.Channels;
using Sallyport.Gateway.Protocols.Postgres.Administration;
using Sallyport.Gateway.Protocols.Postgres.Target;
using Sallyport.Gateway.Targets;

namespace Sallyport.Gateway.Protocols.Postgres.Roles;

/// <summary>
/// A few kept connections with a target's own credential, for what the gateway itself does there between a session's begin and end. A
/// connection is opened when there is work and none is free, and closed when it was idle for a while. Thread-safe.
/// </summary>
internal sealed class ControlPool(PostgresTarget target, TimeProvider time)
{
    /// <summary>Most connections to one target.</summary>
    public const int MaxConnections = 4;

    /// <summary>Most pieces of work that wait for a connection; more are refused.</summary>
    public const int MaxWaiting = 1_024;

    /// <summary>How long one piece of work may take once it has a connection, connecting included.</summary>
    private static readonly TimeSpan WorkLimit = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan IdleLimit = TimeSpan.FromMinutes(2);

    private readonly Channel<Work> _waiting = Channel.CreateBounded<Work>(new BoundedChannelOptions(MaxWaiting) { FullMode = BoundedChannelFullMode.Wait });
    private readonly Lock _gate = new();
    private int _workers;
    private int _idle;

    /// <summary>Does one piece of work on one connection, alone. Work that a lost kept connection cut off is done once more on a new one.</summary>
    /// <exception cref="TargetUnavailableException">No connection is to be had, too many wait, or it took too long.</exception>
    /// <exception cref="StatementFailedException">The server refused a statement of it.</exception>
    public async Task<T> RunAsync<T>(Func<PlainConnection, ValueTask<T>> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Enqueue(new Work(async connection => done.TrySetResult(await work(connection)), failure => done.TrySetException(failure)));
        return await done.Task;
    }

    private void Enqueue(Work work)
    {
        lock (_gate)
        {
            if (!_waiting.Writer.TryWrite(work))
            {
                throw new TargetUnavailableException(TargetFailure.Timeout, $"Too much waits for the gateway's own connections to the target {target.Name}.");
            }

            if (_idle > 0 || _workers == MaxConnections)
            {
                return;
            }

            _workers++;
        }

        // On a context of its own, so that it outlives the session that happened to need it.
        _ = Task.Run(StartAsync);
    }

    private async Task StartAsync()
    {
        try
        {
            await target.RunAsync(ServeAsync);
        }
        catch (Exception failure) when (failure is ObjectDisposedException or InvalidOperationException)
        {
            // The gateway is going down: nobody will serve what waits.
            while (_waiting.Reader.TryRead(out var work))
            {
                work.Fail(Lost(failure));
            }
        }
    }

    private async Task ServeAsync()
    {
        PlainConnection? connection = null;
        while (await NextAsync() is { } work)
        {
            try
            {
                connection = await DoAsync(connection, work);
            }
            catch (Exception failure)
            {
                // Whoever waits is told; whatever it was, the connection's state is not known any more.
                connection = null;
                work.Fail(failure);
            }
        }

        if (connection is not null)
        {
            await connection.DisposeAsync();
        }
    }

    /// <summary>The next piece of work, or null when none came for so long that the worker ends.</summary>
    private async ValueTask<Work?> NextAsync()
    {
        lock (_gate)
        {
            if (_waiting.Reader.TryRead(out var ready))
            {
                return ready;
            }

            _idle++;
        }

        using var patience = new CancellationTokenSource(IdleLimit, time);
        Work? next = null;
        try
        {
            next = await _waiting.Reader.ReadAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            // Nothing came; unless something comes just now, the worker goes.
        }

        lock (_gate)
        {
            _idle--;
            if (next is null && !_waiting.Reader.TryRead(out next))
            {
                _workers--;
            }

            return next;
        }
    }

    /// <returns>The connection to keep.</returns>
    private async ValueTask<PlainConnection?> DoAsync(PlainConnection? kept, Work work)
    {
        if (kept is not null)
        {
            try
            {
                return await OnAsync(kept, work);
            }
            catch (IOException)
            {
                // It was lost while nobody looked, as when the server restarted: done once more below.
            }
        }

        using var limit = new CancellationTokenSource(WorkLimit, time);
        PlainConnection connection;
        try
        {
            connection = await PlainConnection.OpenAsync(target, limit.Token);
        }
        catch (OperationCanceledException late)
        {
            throw Lost(late);
        }

        try
        {
            return await OnAsync(connection, work);
        }
        catch (IOException lost)
        {
            throw Lost(lost);
        }
    }

    private async ValueTask<PlainConnection> OnAsync(PlainConnection connection, Work work)
    {
        using var limit = time.CreateTimer(static state => ((PlainConnection)state!).Abort(), connection, WorkLimit, Timeout.InfiniteTimeSpan);
        try
        {
            await work.Do(connection);
        }
        catch (StatementFailedException refused)
        {
            work.Fail(refused);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }

        return connection;
    }

    private TargetUnavailableException Lost(Exception cause) =>
        cause as TargetUnavailableException ?? new(TargetFailure.Refused, $"The gateway's own connection to the target {target.Name} was lost.", cause: cause);

    private sealed record Work(Func<PlainConnection, ValueTask> Do, Action<Exception> Fail);
}
