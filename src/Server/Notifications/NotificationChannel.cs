using System.Security.Cryptography;
using System.Threading.Channels;
using Sallyport.Gateway.Configuration;

namespace Sallyport.Server.Notifications;

/// <summary>Delivers to one place in order, with its own bounded queue, so that a slow place holds up neither a command nor another place.</summary>
internal sealed class NotificationChannel : IAsyncDisposable
{
    /// <summary>Most notifications that wait for one place; more are dropped and counted.</summary>
    public const int MaxQueued = 256;

    /// <summary>Most attempts for one notification.</summary>
    public const int MaxAttempts = 6;

    /// <summary>Longest time of one attempt.</summary>
    public static readonly TimeSpan AttemptTime = TimeSpan.FromSeconds(15);

    private const int JitterPercent = 25;
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    private readonly Channel<Notification> _queue = Channel.CreateBounded<Notification>(new BoundedChannelOptions(MaxQueued) { SingleReader = true });
    private readonly CancellationTokenSource _stop = new();
    private readonly NotificationConfiguration _configuration;
    private readonly INotificationSender _sender;
    private readonly TimeProvider _time;
    private readonly Action<string, string> _happened;
    private readonly Task _running;
    private NotificationState _state = new();

    /// <param name="configuration">What it delivers, and where.</param>
    /// <param name="sender">How.</param>
    /// <param name="time">The clock of pauses.</param>
    /// <param name="happened">Told, with the channel's name, of sent, failed, given-up and dropped.</param>
    public NotificationChannel(NotificationConfiguration configuration, INotificationSender sender, TimeProvider time, Action<string, string> happened)
    {
        _configuration = configuration;
        _sender = sender;
        _time = time;
        _happened = happened;
        _running = Task.Run(() => RunAsync(_stop.Token));
    }

    public NotificationConfiguration Configuration => _configuration;

    public NotificationState State => Volatile.Read(ref _state) with { Queued = _queue.Reader.Count };

    /// <summary>Takes a notification without waiting.</summary>
    public void Announce(Notification notification)
    {
        if (!_queue.Writer.TryWrite(notification))
        {
            Note("dropped", state => state with { Lost = state.Lost + 1, LastProblem = "queue-full", LastProblemAt = _time.GetUtcNow() });
        }
    }

    /// <summary>Makes one attempt now, past the queue.</summary>
    /// <returns>Null when it was taken, or the code of what went wrong.</returns>
    public async Task<string?> TryAsync(Notification notification, CancellationToken cancellationToken)
    {
        var problem = await AttemptAsync(notification, cancellationToken);
        return problem?.Code;
    }

    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _sender.Dispose();
        _stop.Dispose();
    }

    /// <summary>What still waits, for the channel that takes its place.</summary>
    public IEnumerable<Notification> Rest()
    {
        while (_queue.Reader.TryRead(out var waiting))
        {
            yield return waiting;
        }
    }

    private async Task RunAsync(CancellationToken stop)
    {
        await foreach (var notification in _queue.Reader.ReadAllAsync(stop))
        {
            await DeliverAsync(notification, stop);
        }
    }

    private async Task DeliverAsync(Notification notification, CancellationToken stop)
    {
        var pause = FirstPause;
        for (var attempt = 1; await AttemptAsync(notification, stop) is { } problem; attempt++)
        {
            if (problem.IsFinal || attempt == MaxAttempts)
            {
                Note("given-up", state => state with { Lost = state.Lost + 1 });
                return;
            }
            await Task.Delay(pause + (pause * RandomNumberGenerator.GetInt32(JitterPercent) / 100), _time, stop);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    private async Task<NotificationFailedException?> AttemptAsync(Notification notification, CancellationToken stop)
    {
        using var limit = new CancellationTokenSource(AttemptTime, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stop);
        try
        {
            await _sender.SendAsync(notification, either.Token);
            Note("sent", state => state with { Sent = state.Sent + 1, Failing = 0, LastSentAt = _time.GetUtcNow() });
            return null;
        }
        catch (NotificationFailedException problem)
        {
            return Failed(problem);
        }
        catch (OperationCanceledException problem) when (!stop.IsCancellationRequested)
        {
            return Failed(new NotificationFailedException("timeout", isFinal: false, problem));
        }
        catch (Exception problem) when (problem is not OperationCanceledException)
        {
            // A fault of one message must not silence the place for good; it is counted and shown like any other failure.
            return Failed(new NotificationFailedException("fault", isFinal: true, problem));
        }
    }

    private NotificationFailedException Failed(NotificationFailedException problem)
    {
        Note("failed", state => state with { Failing = state.Failing + 1, LastProblem = problem.Code, LastProblemAt = _time.GetUtcNow() });
        return problem;
    }

    private void Note(string what, Func<NotificationState, NotificationState> change)
    {
        NotificationState before;
        do
        {
            before = Volatile.Read(ref _state);
        }
        while (Interlocked.CompareExchange(ref _state, change(before), before) != before);
        _happened(_configuration.Name, what);
    }
}

/// <summary>How one place does.</summary>
internal sealed record NotificationState
{
    public int Queued { get; init; }

    public long Sent { get; init; }

    /// <summary>Notifications that were given up, or that the queue had no room for.</summary>
    public long Lost { get; init; }

    /// <summary>Failed attempts since the last that succeeded.</summary>
    public int Failing { get; init; }

    public DateTimeOffset? LastSentAt { get; init; }

    /// <summary>A code, or empty.</summary>
    public string LastProblem { get; init; } = "";

    public DateTimeOffset? LastProblemAt { get; init; }
}
