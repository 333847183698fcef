using System.Collections.Concurrent;
using Sallyport.Gateway.Configuration;
using Sallyport.Server.Notifications;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Server.Notifications;

public sealed class NotificationChannelTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task A_failed_attempt_is_repeated_until_it_is_taken()
    {
        await using var fixture = new Fixture { Failures = 2 };
        fixture.Channel.Announce(Sample.Notification());
        await fixture.UntilAsync(state => state.Sent == 1);
        Assert.Equal(3, fixture.Attempts);
        Assert.Equal((0, 0L, "down"), (fixture.Channel.State.Failing, fixture.Channel.State.Lost, fixture.Channel.State.LastProblem));
        Assert.Equal(["failed", "failed", "sent"], fixture.Happened);
    }

    [Fact]
    public async Task It_gives_up_after_its_last_attempt_and_goes_on_with_the_next()
    {
        await using var fixture = new Fixture { Failures = NotificationChannel.MaxAttempts };
        fixture.Channel.Announce(Sample.Notification());
        fixture.Channel.Announce(Sample.Notification());
        await fixture.UntilAsync(state => state.Sent == 1);
        Assert.Equal(NotificationChannel.MaxAttempts + 1, fixture.Attempts);
        Assert.Equal(1, fixture.Channel.State.Lost);
    }

    [Fact]
    public async Task What_is_refused_for_good_is_not_repeated()
    {
        await using var fixture = new Fixture { Failures = 1, IsFinal = true };
        fixture.Channel.Announce(Sample.Notification());
        await fixture.UntilAsync(state => state.Lost == 1);
        Assert.Equal(1, fixture.Attempts);
    }

    [Fact]
    public async Task A_place_that_hangs_holds_up_nobody_and_a_full_queue_drops_and_counts()
    {
        await using var fixture = new Fixture { Hangs = true };
        fixture.Channel.Announce(Sample.Notification());
        await fixture.UntilAsync(_ => fixture.Attempts == 1);
        for (var more = 0; more < NotificationChannel.MaxQueued + 5; more++)
        {
            fixture.Channel.Announce(Sample.Notification());
        }
        Assert.Equal((NotificationChannel.MaxQueued, 5L, "queue-full"), (fixture.Channel.State.Queued, fixture.Channel.State.Lost, fixture.Channel.State.LastProblem));
        Assert.Equal(5, fixture.Happened.Count(what => what == "dropped"));
    }

    [Fact]
    public async Task An_attempt_that_hangs_ends_by_itself()
    {
        await using var fixture = new Fixture { Hangs = true };
        var trying = fixture.Channel.TryAsync(Sample.Notification(), TestContext.Current.CancellationToken);
        await fixture.UntilAsync(_ => trying.IsCompleted);
        Assert.Equal("timeout", await trying);
    }

    private sealed class Fixture : INotificationSender, IAsyncDisposable
    {
        private readonly ConcurrentQueue<string> _happened = new();
        private readonly ManualTime _time = new();
        private int _attempts;

        public Fixture() => Channel = new NotificationChannel(
            new NotificationConfiguration { Name = "hook", Kind = NotificationKind.Webhook, Events = NotificationEvents.All }, this, _time, (_, what) => _happened.Enqueue(what));

        public NotificationChannel Channel { get; }

        public int Failures { get; init; }

        public bool IsFinal { get; init; }

        public bool Hangs { get; init; }

        public int Attempts => Volatile.Read(ref _attempts);

        public IReadOnlyCollection<string> Happened => _happened;

        public Task SendAsync(Notification notification, CancellationToken cancellationToken)
        {
            var attempt = Interlocked.Increment(ref _attempts);
            return Hangs ? Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken)
                : attempt <= Failures ? throw new NotificationFailedException("down", IsFinal)
                : Task.CompletedTask;
        }

        /// <summary>Lets time pass until something holds.</summary>
        public async Task UntilAsync(Func<NotificationState, bool> holds)
        {
            while (!holds(Channel.State))
            {
                TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
                if (!Hangs || Attempts > 0)
                {
                    _time.Advance(Minute);
                }
                await Task.Yield();
            }
        }

        public void Dispose()
        {
            // Nothing is held.
        }

        public ValueTask DisposeAsync() => Channel.DisposeAsync();
    }
}
