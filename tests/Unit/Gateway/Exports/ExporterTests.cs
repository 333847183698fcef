using System.Collections.Immutable;
using Sallyport.Gateway.Exports;
using Sallyport.Unit.Evidence.Log;

namespace Sallyport.Unit.Gateway.Exports;

public sealed class ExporterTests
{
    [Fact]
    public async Task Every_record_arrives_once_and_in_order_also_what_is_recorded_later()
    {
        await using var fixture = await ExportFixture.CreateAsync();
        fixture.Start();
        await fixture.UntilAsync(state => state is { Waiting: 0, Sent: > 0 });
        await TestLedger.WriteSessionsAsync(fixture.Recorder, sessions: 1, commands: 2, agent: "later");
        await fixture.UntilAsync(state => state.Waiting == 0 && state.Sent == fixture.Ledger.DurableRecords);
        Assert.Equal(fixture.Everything().Records.Select(ExportFixture.Text), fixture.Taken.Select(ExportFixture.Text));
        Assert.Equal(Enumerable.Range(0, fixture.Taken.Count).Select(index => (long)index), fixture.Taken.Select(record => record.Index));
    }

    [Fact]
    public async Task A_receiver_that_is_down_loses_nothing_and_raises_an_alarm_until_it_is_back()
    {
        await using var fixture = await ExportFixture.CreateAsync();
        var isDown = true;
        fixture.OnBatch = (_, _) => Volatile.Read(ref isDown) ? throw new ExportFailedException("unreachable") : Task.CompletedTask;
        fixture.Start();
        await fixture.UntilAsync(state => state.IsBehind);
        var state = fixture.Exporter!.State;
        Assert.Equal(("unreachable", 0L, 0L), (state.LastProblem, state.Sent, state.Next));
        Assert.True(state.Failing > 2);
        Assert.InRange(state.Lag.TotalSeconds, 60, 120);
        Volatile.Write(ref isDown, false);
        await fixture.UntilAsync(current => current is { Waiting: 0, Failing: 0 });
        Assert.Equal((TimeSpan.Zero, false), (fixture.Exporter.State.Lag, fixture.Exporter.State.IsBehind));
        Assert.Equal(fixture.Ledger.DurableRecords, fixture.Taken.Count);
        Assert.Single(fixture.Offered.Select(batch => batch.To).Distinct());
    }

    [Fact]
    public async Task It_goes_on_where_it_was_and_its_place_is_stored_only_behind_what_was_taken()
    {
        await using var fixture = await ExportFixture.CreateAsync();
        fixture.OnBatch = (_, _) => fixture.Place is null or 0 ? Task.CompletedTask : throw new ExportFailedException("down");
        fixture.Start();
        await fixture.UntilAsync(state => state.Waiting == 0);
        await fixture.StopAsync();
        var taken = fixture.Taken.Count;
        Assert.Equal(taken, fixture.Place);
        await TestLedger.WriteSessionsAsync(fixture.Recorder, sessions: 1, commands: 1, agent: "second");
        fixture.Start();
        await fixture.UntilAsync(state => state.Failing > 1);
        await fixture.StopAsync();
        Assert.Equal(taken, fixture.Place);
        fixture.OnBatch = static (_, _) => Task.CompletedTask;
        fixture.Start();
        await fixture.UntilAsync(state => state.Waiting == 0);
        Assert.Equal(Enumerable.Range(0, (int)fixture.Ledger.DurableRecords).Select(index => (long)index), fixture.Taken.Select(record => record.Index));
    }

    [Fact]
    public async Task Only_the_kinds_it_takes_are_sent_and_the_rest_does_not_hold_it_up()
    {
        await using var fixture = await ExportFixture.CreateAsync();
        fixture.Start(ExportFixture.Configuration with { Records = ImmutableHashSet.Create("deny", "intent"), Except = ImmutableHashSet.Create("intent") });
        await fixture.UntilAsync(state => state is { Waiting: 0, Sent: > 0 });
        Assert.Equal(["deny", "deny"], fixture.Taken.Select(record => record.Kind));
    }

    [Fact]
    public async Task A_batch_is_bounded_however_much_there_is()
    {
        await using var fixture = await ExportFixture.CreateAsync(sessions: 3, commands: 700);
        fixture.Start();
        await fixture.UntilAsync(state => state.Waiting == 0);
        Assert.All(fixture.Offered, batch => Assert.InRange(batch.Records.Count, 1, ExportBatch.MaxRecords));
        Assert.All(fixture.Offered, batch => Assert.InRange(batch.Records.Sum(record => record.Leaf.Length), 1, ExportBatch.FullBytes + ushort.MaxValue));
        Assert.True(fixture.Offered.Count > 2);
        Assert.Equal(fixture.Ledger.DurableRecords, fixture.Taken.Count);
    }

    [Fact]
    public async Task A_place_behind_the_end_of_the_ledger_is_an_alarm_and_not_silence()
    {
        await using var fixture = await ExportFixture.CreateAsync();
        fixture.PutPlace(fixture.Ledger.DurableRecords + 1000);
        fixture.Start();
        await fixture.UntilAsync(state => state.IsBehind);
        Assert.Equal("ledger", fixture.Exporter!.State.LastProblem);
    }

    [Fact]
    public async Task Without_its_place_nothing_is_sent_and_a_place_that_is_not_stored_is_an_alarm()
    {
        await using var fixture = await ExportFixture.CreateAsync();
        fixture.PutPlace(5);
        fixture.StoreIsDown = true;
        fixture.Start();
        await fixture.UntilAsync(state => state.IsBehind);
        Assert.Equal(("store", 0), (fixture.Exporter!.State.LastProblem, fixture.Offered.Count));
        fixture.StoreIsDown = false;
        await fixture.UntilAsync(state => state is { Waiting: 0, Sent: > 0 });
        Assert.Equal(5, fixture.Taken.First().Index);
        var problemAt = fixture.Exporter.State.LastProblemAt;
        fixture.StoreIsDown = true;
        await TestLedger.WriteSessionsAsync(fixture.Recorder, sessions: 1, commands: 1, agent: "later");
        await fixture.UntilAsync(state => state.LastProblemAt > problemAt);
        await fixture.UntilAsync(state => state.Sent == fixture.Ledger.DurableRecords - 5);
        Assert.Equal("store", fixture.Exporter.State.LastProblem);
    }

    [Fact]
    public async Task A_receiver_that_never_answers_is_given_up_on_and_asked_again()
    {
        await using var fixture = await ExportFixture.CreateAsync();
        fixture.OnBatch = (_, stop) => fixture.Offered.Count == 1 ? Task.Delay(Timeout.InfiniteTimeSpan, stop) : Task.CompletedTask;
        fixture.Start();
        await fixture.UntilAsync(state => state.Waiting == 0);
        Assert.Equal("timeout", fixture.Exporter!.State.LastProblem);
        Assert.Equal(fixture.Ledger.DurableRecords, fixture.Taken.Count);
    }
}
