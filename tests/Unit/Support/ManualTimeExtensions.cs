namespace Sallyport.Unit.Support;

internal static class ManualTimeExtensions
{
    /// <summary>Moves the clock once as soon as exactly one timer waits on it.</summary>
    public static async Task AdvanceWhenWaitingAsync(this ManualTime time, TimeSpan by)
    {
        while (time.PendingTimers != 1)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        time.Advance(by);
    }
}
