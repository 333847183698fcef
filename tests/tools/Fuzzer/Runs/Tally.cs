using System.Globalization;

namespace Sallyport.Tools.Fuzzer.Runs;

/// <summary>What a run has seen, counted.</summary>
internal sealed class Tally
{
    private const int MaxReasons = 24;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, int> _reasons = new(StringComparer.Ordinal);

    public int Cases { get; private set; }

    public int Statements { get; private set; }

    public int Allowed { get; private set; }

    public int Masked { get; private set; }

    public int Denied { get; private set; }

    public int Failed { get; private set; }

    /// <summary>Differences that are one side's error alone: what the error budget of a session is for.</summary>
    public int ErrorBits { get; private set; }

    /// <summary>Differences that one side also shows against itself.</summary>
    public int Noise { get; private set; }

    public int Unexplained { get; private set; }

    public void Count(int statements, Transcript transcript)
    {
        lock (_lock)
        {
            Cases++;
            Statements += statements;
            Denied += transcript.IsRefused ? 1 : 0;
            Failed += transcript.HasFailed ? 1 : 0;
            Allowed += transcript.IsRefused || transcript.HasFailed ? 0 : 1;
            Masked += transcript.IsMasked ? 1 : 0;
            if (transcript.Reason is { } reason)
            {
                _reasons[reason] = _reasons.GetValueOrDefault(reason) + 1;
            }
        }
    }

    public void CountErrorBit()
    {
        lock (_lock)
        {
            ErrorBits++;
        }
    }

    public void CountNoise()
    {
        lock (_lock)
        {
            Noise++;
        }
    }

    public void CountUnexplained()
    {
        lock (_lock)
        {
            Unexplained++;
        }
    }

    public void Add(Tally other)
    {
        Cases += other.Cases;
        Statements += other.Statements;
        Allowed += other.Allowed;
        Masked += other.Masked;
        Denied += other.Denied;
        Failed += other.Failed;
        ErrorBits += other.ErrorBits;
        Noise += other.Noise;
        Unexplained += other.Unexplained;
    }

    /// <summary>Why statements did not run, the most frequent first.</summary>
    public string Reasons => string.Join(", ", _reasons.OrderByDescending(r => r.Value).Take(MaxReasons).Select(r => $"{r.Key} {r.Value}"));

    public string Summary(TimeSpan elapsed) => string.Create(
        CultureInfo.InvariantCulture,
        $"cases {Cases}, statements {Statements} ({Statements / Math.Max(1, elapsed.TotalSeconds):F0}/s a side), allowed {Allowed}, masked {Masked}, denied {Denied}, failed {Failed}, error bits {ErrorBits}, noise {Noise}, unexplained {Unexplained}");
}
