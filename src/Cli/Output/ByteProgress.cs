namespace Sallyport.Cli.Output;

/// <summary>Shows on the error stream how many bytes have come, about once a second, and only to a person.</summary>
internal sealed class ByteProgress(Surroundings surroundings) : IProgress<long>
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private long _shownAt = surroundings.Time.GetTimestamp();

    public void Report(long value)
    {
        if (surroundings.ErrorIsTerminal && surroundings.Time.GetElapsedTime(_shownAt) >= Interval)
        {
            _shownAt = surroundings.Time.GetTimestamp();
            surroundings.Error.WriteLine($"{value / (1024 * 1024)} MiB ...");
        }
    }
}
