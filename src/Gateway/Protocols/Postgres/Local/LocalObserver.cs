using Sallyport.Gateway.Protocols.Postgres.Engine;

namespace Sallyport.Gateway.Protocols.Postgres.Local;

/// <summary>Keeps what the engine says of the statement under way until its answer is read. Thread-safe.</summary>
internal sealed class LocalObserver : ICommandObserver
{
    private readonly Lock _lock = new();
    private LocalStatement? _statement;
    private CommandRefusal? _refusal;

    public void Begin(LocalStatement statement)
    {
        lock (_lock)
        {
            (_statement, _refusal) = (statement, null);
        }
    }

    /// <summary>The refusal of the statement under way, or null.</summary>
    public CommandRefusal? Refusal
    {
        get
        {
            lock (_lock)
            {
                return _refusal;
            }
        }
    }

    public TimeSpan HoldFor(TimeSpan ofRule)
    {
        lock (_lock)
        {
            return _statement?.LongestHold ?? ofRule;
        }
    }

    public void Holding(CommandHold hold)
    {
        LocalStatement? statement;
        lock (_lock)
        {
            statement = _statement;
        }

        statement?.Holding?.Invoke(hold);
    }

    public void Refused(CommandRefusal refusal)
    {
        lock (_lock)
        {
            // The first one is the reason; what follows is refused because of it.
            _refusal ??= refusal;
        }
    }
}
