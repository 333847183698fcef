using Sallyport.Evidence.Records;

namespace Sallyport.Evidence.Verification;

/// <summary>
/// Compares the sessions of every closed period with what its <c>period.close</c> committed to, so that a session that is gone with all its records
/// is missed. Feed it every record from <paramref name="from"/> on, without gaps.
/// </summary>
/// <param name="findings">Takes what does not hold.</param>
/// <param name="file">Where the records are.</param>
/// <param name="from">Index of the first record; periods that began before are not checked.</param>
internal sealed class PopulationCheck(Findings findings, string file, long from = 0)
{
    private readonly SessionPopulation _population = new(from);
    private bool _partial = from > 0;

    /// <summary>Periods whose sessions were compared.</summary>
    public long Periods { get; private set; }

    /// <summary>Index of the first record that is in no closed period yet.</summary>
    public long OpenFrom => _population.From;

    public void Add(long index, RecordLine record)
    {
        _population.Add(record.Kind, record.Header.Session, record.Header.Time);
        if (string.Equals(record.Kind, RecordKinds.PeriodClose, StringComparison.Ordinal))
        {
            Compare(index, record);
        }
    }

    private void Compare(long index, RecordLine record)
    {
        var where = $"{file}, record {index}";
        var claimedFrom = record.Integer("from") ?? -1;
        if (_population.CutAt(record.Integer("to") ?? -1) is not { } found)
        {
            findings.Add(where, "the period's end does not lie shortly before the record that closes it");
            return;
        }
        if (_partial)
        {
            // The records do not reach back to this period's beginning; the next period is whole.
            _partial = false;
            return;
        }
        Periods++;
        if (claimedFrom != found.From)
        {
            findings.Add(where, $"the period begins at record {claimedFrom}, but the one before ended at record {found.From}");
        }
        else if (record.Integer("sessions") != found.Sessions)
        {
            findings.Add(where, $"the period from record {found.From} had {record.Integer("sessions")} sessions when it was closed, but {found.Sessions} are there: whole sessions are missing or were added");
        }
        else if (!string.Equals(record.Text("population"), found.Sha256, StringComparison.Ordinal) || !string.Equals(record.Text("day"), found.Day, StringComparison.Ordinal))
        {
            findings.Add(where, $"the sessions of the period from record {found.From}, or their counts, are not those it was closed with");
        }
    }
}
