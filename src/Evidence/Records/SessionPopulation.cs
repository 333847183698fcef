using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Sallyport.Evidence.Records;

/// <summary>What a <c>period.close</c> record commits to.</summary>
/// <param name="Day">UTC date of the period's first record, e.g. <c>2026-11-21</c>.</param>
/// <param name="From">Index of its first record.</param>
/// <param name="To">Index after its last record; the next period begins there.</param>
/// <param name="Sessions">Sessions that have a record in it.</param>
/// <param name="Sha256">Hash of <see cref="SessionPopulation"/>'s text, in hex.</param>
public sealed record PeriodDigest(string Day, long From, long To, long Sessions, string Sha256);

/// <summary>
/// The sessions of a period of the log, so that a whole session that is missing shows. Their canonical text has one line per session, in
/// ordinal order of the ids: <c>session first last intents outcomes denials</c>, all of this period, separated by single spaces, each line with a newline.
/// Not thread-safe.
/// </summary>
public sealed class SessionPopulation
{
    /// <summary>Newest records that are held back from the tally, because a period's end is only known later, from its <c>period.close</c>.</summary>
    public const int MaxHeldBack = 1 << 16;

    private readonly Queue<Entry> _heldBack = new();
    private readonly Dictionary<string, Tally> _sessions = new(StringComparer.Ordinal);
    private long _folded;

    /// <param name="from">Index of the first record that will be added.</param>
    public SessionPopulation(long from = 0) => From = _folded = Next = from;

    /// <summary>Index of the open period's first record.</summary>
    public long From { get; private set; }

    /// <summary>Index of the next record to add.</summary>
    public long Next { get; private set; }

    /// <summary>UTC date of the open period's first record; empty while it has none.</summary>
    public string Day { get; private set; } = "";

    /// <summary>Sessions in the tally so far.</summary>
    public int Sessions => _sessions.Count;

    /// <summary>Adds record <see cref="Next"/>.</summary>
    public void Add(string kind, string session, string time)
    {
        if (Day.Length == 0)
        {
            Day = DayOf(time);
        }
        _heldBack.Enqueue(new Entry(session, KindOf(kind), DayOf(time)));
        Next++;
        if (_heldBack.Count > MaxHeldBack)
        {
            Fold();
        }
    }

    /// <summary>Ends the open period before record <paramref name="to"/> and begins the next; null when that place is before what was tallied or after what was added.</summary>
    public PeriodDigest? CutAt(long to)
    {
        if (to < _folded || to > Next)
        {
            return null;
        }
        while (_folded < to)
        {
            Fold();
        }
        var digest = new PeriodDigest(Day, From, to, _sessions.Count, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Text()))));
        _sessions.Clear();
        From = to;
        Day = _heldBack.TryPeek(out var first) ? first.Day : "";
        return digest;
    }

    /// <summary>The UTC date of a record's <c>t</c>.</summary>
    public static string DayOf(string time) => time.Split('T', 2)[0];

    private static EntryKind KindOf(string kind) => kind switch
    {
        RecordKinds.Intent => EntryKind.Intent,
        RecordKinds.Outcome or RecordKinds.OutcomeUnknown => EntryKind.Outcome,
        RecordKinds.Deny => EntryKind.Denial,
        _ => EntryKind.Other,
    };

    private string Text()
    {
        var text = new StringBuilder();
        foreach (var (session, tally) in _sessions.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            text.Append(CultureInfo.InvariantCulture, $"{session} {tally.First} {tally.Last} {tally.Intents} {tally.Outcomes} {tally.Denials}\n");
        }
        return text.ToString();
    }

    private void Fold()
    {
        var entry = _heldBack.Dequeue();
        var index = _folded++;
        if (entry.Session.Length == 0)
        {
            return;
        }
        if (!_sessions.TryGetValue(entry.Session, out var tally))
        {
            tally = new Tally { First = index };
            _sessions.Add(entry.Session, tally);
        }
        tally.Last = index;
        tally.Intents += entry.Kind == EntryKind.Intent ? 1 : 0;
        tally.Outcomes += entry.Kind == EntryKind.Outcome ? 1 : 0;
        tally.Denials += entry.Kind == EntryKind.Denial ? 1 : 0;
    }

    private enum EntryKind : byte
    {
        Other,
        Intent,
        Outcome,
        Denial,
    }

    private readonly record struct Entry(string Session, EntryKind Kind, string Day);

    private sealed class Tally
    {
        public required long First { get; init; }

        public long Last { get; set; }

        public long Intents { get; set; }

        public long Outcomes { get; set; }

        public long Denials { get; set; }
    }
}
