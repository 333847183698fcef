using System.Globalization;
using Sallyport.Evidence.Records;

namespace Sallyport.Gateway.Recording;

/// <summary>Keeps the tally of the open period's sessions, fed with every record as it enters the signed tree.</summary>
internal sealed class PopulationKeeper
{
    private readonly Lock _gate = new();
    private readonly SessionPopulation _population = new();

    /// <summary>Takes a record that was already in the log at the start.</summary>
    public void Recover(RecordLine record)
    {
        lock (_gate)
        {
            _population.Add(record.Kind, record.Header.Session, record.Header.Time);
            if (string.Equals(record.Kind, RecordKinds.PeriodClose, StringComparison.Ordinal))
            {
                // Null only for a place that the verifier refuses too; the period then goes on.
                _ = _population.CutAt(record.Integer("to") ?? -1);
            }
        }
    }

    /// <summary>Takes a record of this run.</summary>
    public void Add(ReadOnlySpan<byte> leaf)
    {
        var record = RecordGlance.At(leaf);
        lock (_gate)
        {
            _population.Add(record.Kind, record.Session, record.Time);
        }
    }

    /// <summary>Ends the period when its day is over or it has too many sessions; else null.</summary>
    public PeriodDigest? CloseIfOver(DateTimeOffset now, int maxSessions)
    {
        lock (_gate)
        {
            var today = now.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
            var isOver = _population.Day.Length > 0 && !string.Equals(_population.Day, today, StringComparison.Ordinal);
            return isOver || _population.Sessions >= maxSessions ? _population.CutAt(_population.Next) : null;
        }
    }
}
