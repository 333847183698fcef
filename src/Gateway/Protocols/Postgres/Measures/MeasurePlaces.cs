namespace Sallyport.Gateway.Protocols.Postgres.Measures;

/// <summary>Bounds how many connections measure held commands at one target at once. Thread-safe.</summary>
internal sealed class MeasurePlaces
{
    /// <summary>Most at once; a command that finds no place is held without a number.</summary>
    public const int MaxAtOnce = 4;

    private int _taken;

    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _taken) <= MaxAtOnce)
        {
            return true;
        }

        Leave();
        return false;
    }

    public void Leave() => Interlocked.Decrement(ref _taken);
}
