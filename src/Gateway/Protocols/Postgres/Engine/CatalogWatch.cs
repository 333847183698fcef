using System.Text;
using System.Threading.Channels;
using Sallyport.Gateway.Protocols.Postgres.Analysis;
using Sallyport.Gateway.Protocols.Postgres.Messages;
using Sallyport.Gateway.Protocols.Postgres.Target;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>
/// Looks for DDL that did not pass the gateway, on a connection of its own to the target, as long as the target has sessions. What it finds
/// makes the catalogue forget its facts; what it confirms lets them stand. Where it cannot look, nothing is confirmed, and the facts of every
/// statement are read anew on the statement's own session. Thread-safe.
/// </summary>
internal sealed class CatalogWatch(PostgresTarget target, TargetCatalog catalog, TimeProvider time)
{
    /// <summary>Time between two looks.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(400);

    /// <summary>Most requests of sessions that wait for the connection; more are answered with "cannot look".</summary>
    private const int MaxRequests = 256;

    /// <summary>How long one look or read may take before the connection counts as lost.</summary>
    private static readonly TimeSpan QueryTimeout = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Channel<Request> _requests = Channel.CreateBounded<Request>(
        new BoundedChannelOptions(MaxRequests) { FullMode = BoundedChannelFullMode.Wait });

    private int _users;
    private bool _isRunning;
    private string _snapshot = "";
    private string? _fingerprint;

    /// <summary>A session begins: the watch runs until <see cref="Leave"/> was called as often.</summary>
    public void Enter()
    {
        lock (_gate)
        {
            _users++;
            if (_isRunning)
            {
                return;
            }

            _isRunning = true;
        }

        // On a context of its own, so that it outlives the session that happened to be the first.
        _ = Task.Run(() => target.RunAsync(RunAsync));
    }

    public void Leave()
    {
        lock (_gate)
        {
            _users--;
        }

        _requests.Writer.TryWrite(new Request(null));
    }

    /// <summary>Looks now. True when the catalogue has been compared after the call, so that its facts are those of this moment or forgotten.</summary>
    public async ValueTask<bool> LookAsync()
    {
        var request = new Request(null);
        return TrySend(request) && await request.Answer.Task is not null;
    }

    /// <summary>Reads the catalogue outside of any session's transaction. Null when it cannot be read.</summary>
    public async ValueTask<IReadOnlyList<byte[]?[]>?> QueryAsync(string sql)
    {
        var request = new Request(sql);
        return TrySend(request) ? await request.Answer.Task : null;
    }

    /// <summary>Nobody answers while the target has no sessions.</summary>
    private bool TrySend(Request request)
    {
        lock (_gate)
        {
            return _isRunning && _requests.Writer.TryWrite(request);
        }
    }

    private async Task RunAsync()
    {
        while (!IsOver())
        {
            try
            {
                using var limit = new CancellationTokenSource(QueryTimeout, time);
                using var connection = await ControlConnection.OpenAsync(target, limit.Token);
                await WatchAsync(connection);
            }
            catch (Exception exception) when (exception is IOException or PostgresProtocolException or OperationCanceledException)
            {
                // Nothing is confirmed from here on; who needs facts reads them on its own session.
                await PauseAsync();
            }
        }
    }

    private async Task WatchAsync(ControlConnection connection)
    {
        using var limit = time.CreateTimer(static state => ((ControlConnection)state!).Abort(), connection, QueryTimeout, Timeout.InfiniteTimeSpan);
        await LookAsync(connection);
        var lookAgain = time.GetTimestamp();
        var others = new List<Request>();
        while (!IsOver())
        {
            limit.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            var request = await NextAsync(Interval - time.GetElapsedTime(lookAgain));
            limit.Change(QueryTimeout, Timeout.InfiniteTimeSpan);
            try
            {
                if (request is { Sql: { } sql })
                {
                    request.Answer.SetResult(await connection.QueryAsync(sql));
                    continue;
                }

                TakeOtherLooks(others);
                await LookAsync(connection);
                lookAgain = time.GetTimestamp();
                request?.Answer.SetResult([]);
                others.ForEach(static other => other.Answer.SetResult([]));
            }
            finally
            {
                request?.Answer.TrySetResult(null);
                others.ForEach(static other => other.Answer.TrySetResult(null));
                others.Clear();
            }
        }
    }

    /// <summary>One look answers everybody who waits for one.</summary>
    private void TakeOtherLooks(List<Request> others)
    {
        while (_requests.Reader.TryPeek(out var next) && next.Sql is null && _requests.Reader.TryRead(out var look))
        {
            others.Add(look);
        }
    }

    /// <summary>The next request of a session, or null when it is time to look again.</summary>
    private async ValueTask<Request?> NextAsync(TimeSpan patience)
    {
        if (_requests.Reader.TryRead(out var waiting) || patience <= TimeSpan.Zero)
        {
            return waiting;
        }

        using var pause = new CancellationTokenSource(patience, time);
        try
        {
            return await _requests.Reader.ReadAsync(pause.Token);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    private async Task LookAsync(ControlConnection connection)
    {
        var start = catalog.Mark();
        if (await connection.QueryAsync(TargetCatalog.Fingerprint(_snapshot)) is not [{ Length: 2 } row])
        {
            throw new IOException("the catalogue's state cannot be read");
        }

        var fingerprint = row[1] is { } value ? Encoding.UTF8.GetString(value) : _fingerprint;
        if (fingerprint != _fingerprint)
        {
            catalog.Invalidate();
        }

        _fingerprint = fingerprint;
        _snapshot = Encoding.UTF8.GetString(row[0] ?? []);
        catalog.Confirm(start);
    }

    /// <summary>Waits before the next attempt to connect; requests of that time are answered at once.</summary>
    private async ValueTask PauseAsync()
    {
        using var pause = new CancellationTokenSource(RetryDelay, time);
        try
        {
            while (true)
            {
                (await _requests.Reader.ReadAsync(pause.Token)).Answer.TrySetResult(null);
            }
        }
        catch (OperationCanceledException)
        {
            // Time to try again.
        }
    }

    private bool IsOver()
    {
        lock (_gate)
        {
            if (_users > 0)
            {
                return false;
            }

            _isRunning = false;
            while (_requests.Reader.TryRead(out var request))
            {
                request.Answer.TrySetResult(null);
            }

            return true;
        }
    }

    /// <param name="Sql">What to read; null to look for changes.</param>
    private sealed record Request(string? Sql)
    {
        public TaskCompletionSource<IReadOnlyList<byte[]?[]>?> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
