using System.Text;
using Sallyport.Evidence.Log;
using Sallyport.Evidence.Verification;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Evidence.Log;

public sealed class LedgerTests : IDisposable
{
    private readonly TestLedger _test = new();

    [Fact]
    public async Task Records_of_many_writers_get_places_without_gaps_and_are_all_there_after_a_restart()
    {
        const int Writers = 16;
        const int RecordsEach = 200;
        var byIndex = new string[Writers * RecordsEach];
        await using (var ledger = await OpenAsync())
        {
            await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
            {
                for (var i = 0; i < RecordsEach; i++)
                {
                    var text = $"writer {writer} record {i}";
                    var appended = ledger.Append(Encoding.UTF8.GetBytes(text));
                    byIndex[appended.Index] = text;
                    Assert.Equal(LeafHash.Of(Encoding.UTF8.GetBytes(text)), appended.Hash);
                    await appended.Durable;
                    Assert.True(ledger.DurableRecords > appended.Index);
                }
            })));
        }
        Assert.Equal(byIndex, await ReadAllAsync());
    }

    [Fact]
    public async Task A_log_rolls_over_many_segments_and_tiles_and_verifies()
    {
        await using (var recorder = await _test.StartAsync())
        {
            await TestLedger.WriteSessionsAsync(recorder, sessions: 12, commands: 60);
        }
        Assert.True(Directory.GetFiles(Path.Combine(_test.Directory, "wal")).Length > 4);
        Assert.True(File.Exists(Path.Combine(_test.Directory, "tile", "1", "000.p", (_test.Verify().CheckpointSize / 256).ToString())));
        var result = _test.Verify();
        Assert.Empty(result.Findings);
        Assert.Empty(result.Notes);
        Assert.Equal(0, result.ExitCode);
        Assert.Equal(12, result.Sessions);
        Assert.Equal(result.Records, result.CheckpointSize);
    }

    [Fact]
    public async Task A_record_nobody_waits_for_is_written_by_itself()
    {
        await using var ledger = await OpenAsync();
        var (index, _) = ledger.AppendLazily("later"u8);
        await ledger.Append("now"u8).Durable;
        Assert.Equal(0, index);
        Assert.Equal(2, ledger.DurableRecords);
        ledger.AppendLazily("alone"u8);
        while (ledger.DurableRecords < 3)
        {
            await Task.Yield();
        }
    }

    [Fact]
    public async Task Waiters_resume_on_the_context_they_came_from()
    {
        await using var ledger = await OpenAsync();
        var context = new CountingContext();
        var done = new TaskCompletionSource();
        context.Post(
            _ =>
            {
                var left = 32;
                for (var i = 0; i < 32; i++)
                {
                    _ = WaitAsync();
                }

                async Task WaitAsync()
                {
                    await ledger.Append("record"u8).Durable;
                    Assert.Same(context, SynchronizationContext.Current);
                    if (--left == 0)
                    {
                        done.SetResult();
                    }
                }
            },
            null);
        context.RunUntil(done.Task);
        Assert.InRange(context.Posts, 1, 32);
        await done.Task;
    }

    [Fact]
    public void One_batch_posts_once_to_each_context()
    {
        var contexts = (CountingContext[])[new(), new()];
        var batch = new Batch(1 << 20);
        var resumed = 0;
        for (var i = 0; i < 32; i++)
        {
            var waiter = DurableWaiter.Rent();
            batch.Add("record"u8, Crc32C.Append(Crc32C.Start, "record"u8), i);
            batch.AddWaiter(waiter, TimeProvider.System);
            SynchronizationContext.SetSynchronizationContext(contexts[i % 2]);
            _ = WaitAsync(waiter.AsValueTask());
        }
        SynchronizationContext.SetSynchronizationContext(null);
        batch.Complete(failure: null);
        Assert.Equal([0, 0], contexts.Select(context => context.Posts));
        Assert.Equal(0, resumed);
        foreach (var context in contexts)
        {
            context.RunOne();
        }
        Assert.Equal(32, resumed);

        async Task WaitAsync(ValueTask durable)
        {
            await durable;
            resumed++;
        }
    }

    [Fact]
    public async Task A_durable_record_can_be_awaited_once()
    {
        await using var ledger = await OpenAsync();
        var durable = ledger.Append("record"u8).Durable;
        await durable;
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await durable);
    }

    [Fact]
    public async Task A_failed_write_ends_the_ledger_for_good()
    {
        await using var ledger = await OpenAsync();
        await ledger.Append("good"u8).Durable;
        Directory.Delete(Path.Combine(_test.Directory, "wal"), recursive: true);
        var big = new byte[60_000];
        big.AsSpan().Fill(1);
        // The segment is full after a few of them; the next one cannot be made.
        var failure = await Assert.ThrowsAsync<LedgerUnavailableException>(async () =>
        {
            for (var i = 0; i < 10; i++)
            {
                await ledger.Append(big).Durable;
            }
        });
        Assert.NotNull(failure.InnerException);
        Assert.NotNull(ledger.Failure);
        Assert.Throws<LedgerUnavailableException>(() => ledger.Append("more"u8));
        Assert.Throws<LedgerUnavailableException>(() => ledger.AppendLazily("more"u8));
        await Assert.ThrowsAsync<LedgerUnavailableException>(() => ledger.PublishAsync());
    }

    [Fact]
    public async Task Beyond_the_backlog_limit_appending_is_refused_and_what_was_accepted_is_kept()
    {
        var accepted = 0;
        var refused = false;
        await using (var ledger = await Ledger.OpenAsync(_test.Options with { MaxPendingBytes = 70_000 }))
        {
            var record = new byte[30_000];
            record.AsSpan().Fill(7);
            for (var i = 0; i < 10_000 && !refused; i++)
            {
                try
                {
                    ledger.AppendLazily(record);
                    accepted++;
                }
                catch (LedgerUnavailableException)
                {
                    refused = true;
                }
            }
        }
        Assert.True(refused);
        Assert.Equal(accepted, (await ReadAllAsync()).Count);
    }

    [Fact]
    public async Task A_closed_ledger_takes_no_record()
    {
        var ledger = await OpenAsync();
        await ledger.DisposeAsync();
        await ledger.DisposeAsync();
        Assert.Throws<LedgerUnavailableException>(() => ledger.Append("more"u8));
    }

    [Fact]
    public async Task A_directory_has_one_owner()
    {
        await using var ledger = await OpenAsync();
        await Assert.ThrowsAsync<LedgerUnavailableException>(OpenAsync);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(65_536)]
    public async Task A_record_of_impossible_size_is_refused(int bytes)
    {
        await using var ledger = await OpenAsync();
        Assert.Throws<ArgumentException>(() => ledger.Append(new byte[bytes]));
    }

    [Fact]
    public async Task The_signing_key_is_for_its_owner_alone()
    {
        await using (await OpenAsync())
        {
        }
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_test.Directory, "ledger.key")));
        }
        var pem = VerificationKey.Parse(await File.ReadAllTextAsync(Path.Combine(_test.Directory, "ledger.pub.pem")));
        Assert.Equal(_test.Key.PublicKey, pem.PublicKey);
    }

    [Fact]
    public async Task A_ledger_without_its_key_does_not_open()
    {
        await using (var ledger = await OpenAsync())
        {
            await ledger.Append("record"u8).Durable;
        }
        File.Delete(Path.Combine(_test.Directory, "ledger.key"));
        await Assert.ThrowsAsync<LedgerCorruptException>(OpenAsync);
    }

    [Fact]
    public async Task A_ledger_does_not_open_under_another_origin()
    {
        await using (var ledger = await OpenAsync())
        {
            await ledger.Append("record"u8).Durable;
        }
        await Assert.ThrowsAsync<LedgerCorruptException>(() => Ledger.OpenAsync(_test.Options with { Origin = "other.example/audit" }));
    }

    [Fact]
    public async Task Checkpoints_follow_the_clock_while_the_log_grows_and_rest_while_it_does_not()
    {
        var time = new ManualTime();
        await using var ledger = await Ledger.OpenAsync(_test.Options with { TimeProvider = time });
        await ledger.Append("record"u8).Durable;
        time.Advance(TimeSpan.FromSeconds(2));
        while (ledger.NewestCheckpoint is not { Size: 1 })
        {
            await Task.Yield();
            time.Advance(TimeSpan.FromSeconds(1));
        }
        while (time.PendingTimers > 0)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }
        Assert.Equal(0, time.PendingTimers);
    }

    public void Dispose() => _test.Dispose();

    private Task<Ledger> OpenAsync() => Ledger.OpenAsync(_test.Options);

    private async Task<List<string>> ReadAllAsync()
    {
        var records = new List<string>();
        await using var ledger = await Ledger.OpenAsync(_test.Options, (_, leaf) => records.Add(Encoding.UTF8.GetString(leaf.Span)));
        return records;
    }

    /// <summary>Runs what is posted on the thread of <see cref="RunUntil"/>, and counts the posts.</summary>
    private sealed class CountingContext : SynchronizationContext
    {
        private readonly System.Collections.Concurrent.BlockingCollection<(SendOrPostCallback Run, object? State)> _queue = [];
        private int _posts = -1;

        /// <summary>Posts after the first, which starts the test.</summary>
        public int Posts => _posts;

        public override void Post(SendOrPostCallback d, object? state)
        {
            Interlocked.Increment(ref _posts);
            _queue.Add((d, state));
        }

        public void RunOne()
        {
            var (run, state) = _queue.Take();
            run(state);
        }

        public void RunUntil(Task end)
        {
            var before = Current;
            SetSynchronizationContext(this);
            while (!end.IsCompleted)
            {
                RunOne();
            }
            SetSynchronizationContext(before);
        }
    }
}
