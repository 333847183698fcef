using System.Net;
using System.Threading.Channels;
using Sallyport.Gateway.Sessions;
using Sallyport.Server.Storage;

namespace Sallyport.Server.Hosting;

/// <summary>
/// Keeps the index of sessions up to date, beside the data plane: sessions are queued and written in batches. What the queue cannot take is
/// missing from the index and not from the ledger.
/// </summary>
internal sealed partial class SessionIndex(SqliteSessions store, SessionRegistry registry, TimeProvider time, ILogger<SessionIndex> logger)
    : BackgroundService, ISessionObserver
{
    public const int MaxQueued = 20_000;
    public const int MaxBatch = 500;

    private readonly Channel<Entry> _queue = Channel.CreateBounded<Entry>(new BoundedChannelOptions(MaxQueued) { SingleReader = true });

    public void Started(Session session) => Enqueue(EntryOf(session));

    public void Ended(Session session) => Enqueue(EntryOf(session) with { EndedAt = time.GetUtcNow(), EndReason = session.Recorder.EndReason });

    /// <summary>Sessions newest first, with live ones as they are now.</summary>
    public async Task<IReadOnlyList<SessionEntry>> ListAsync(SessionFilter filter, CancellationToken cancellationToken)
    {
        await FlushAsync(cancellationToken);
        var entries = await store.ListAsync(filter, cancellationToken);
        return [.. entries.Select(Refresh)];
    }

    public async Task<SessionEntry?> FindAsync(string id, CancellationToken cancellationToken)
    {
        await FlushAsync(cancellationToken);
        return await store.FindAsync(id, cancellationToken) is { } entry ? Refresh(entry) : null;
    }

    /// <summary>Ends what a crash left open, and begins to listen.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await store.EndUnfinishedAsync(time.GetUtcNow(), "gateway-crash");
        registry.Observer = this;
        await base.StartAsync(cancellationToken);
    }

    /// <summary>Writes what is queued and stops.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        _queue.Writer.TryComplete();
        if (ExecuteTask is { } writing)
        {
            await writing.WaitAsync(cancellationToken);
        }
        await base.StopAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Ends when the queue is complete, not when the host stops: the last sessions end while it stops.
        while (await _queue.Reader.WaitToReadAsync(CancellationToken.None))
        {
            var entries = new List<SessionEntry>();
            var flushed = new List<TaskCompletionSource>();
            while (entries.Count < MaxBatch && _queue.Reader.TryRead(out var queued))
            {
                Take(queued, entries, flushed);
            }
            await WriteAsync(entries);
            flushed.ForEach(waiting => waiting.TrySetResult());
        }
    }

    private static void Take(Entry queued, List<SessionEntry> entries, List<TaskCompletionSource> flushed)
    {
        if (queued.Session is { } session)
        {
            entries.Add(session);
        }
        else
        {
            flushed.Add(queued.Flushed!);
        }
    }

    private async Task WriteAsync(List<SessionEntry> entries)
    {
        try
        {
            if (entries.Count > 0)
            {
                await store.WriteAsync(entries, CancellationToken.None);
            }
        }
        catch (Exception problem)
        {
            // The index is a convenience; sessions and their record go on without it.
            NotWritten(problem, entries.Count);
        }
    }

    /// <summary>Waits until what happened so far is in the index.</summary>
    public Task WrittenAsync(CancellationToken cancellationToken) => FlushAsync(cancellationToken);

    private async Task FlushAsync(CancellationToken cancellationToken)
    {
        var flushed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (_queue.Writer.TryWrite(new Entry(Session: null, flushed)))
        {
            await flushed.Task.WaitAsync(cancellationToken);
        }
    }

    private void Enqueue(SessionEntry session)
    {
        if (!_queue.Writer.TryWrite(new Entry(session, Flushed: null)))
        {
            QueueFull(session.Id);
        }
    }

    private SessionEntry Refresh(SessionEntry entry) =>
        entry.EndedAt is null && registry.Find(entry.Id) is { } live ? entry with { Totals = live.Recorder.Totals } : entry;

    private static SessionEntry EntryOf(Session session) => new()
    {
        Id = session.Id,
        Target = session.Target,
        Kind = session.Principal.Kind,
        PrincipalId = session.Principal.Id,
        Principal = session.Principal.Name,
        Issuer = session.Principal.Issuer,
        Subject = session.Principal.Subject,
        OnBehalfOf = session.Principal.OnBehalfOf,
        RunId = session.Principal.RunId,
        Client = session.Client is IPEndPoint { Address: var address } ? address.ToString() : "local",
        StartedAt = session.StartedAt,
        Totals = session.Recorder.Totals,
    };

    [LoggerMessage(Level = LogLevel.Error, Message = "{Count} changes of sessions could not be written to the index")]
    private partial void NotWritten(Exception problem, int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Session {Session} is missing from the index: its queue is full or closed")]
    private partial void QueueFull(string session);

    /// <summary>A change to write, or somebody who waits until all changes before are written.</summary>
    private readonly record struct Entry(SessionEntry? Session, TaskCompletionSource? Flushed);
}
