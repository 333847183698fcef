using System.Text;

namespace Sallyport.Evidence.Bundles;

/// <summary>
/// Finds where a period lies in the log: from the first to the last record whose time is in it. Order in the log is not quite order in
/// time, so everything between those two is in the period.
/// </summary>
internal sealed class PeriodFinder(EvidenceFilter filter)
{
    private readonly byte[] _from = Encoding.ASCII.GetBytes(filter.From);
    private readonly byte[] _to = Encoding.ASCII.GetBytes(filter.To);
    private long _first = -1;
    private long _last = -1;

    public bool Contains(long index) => _first >= 0 && index >= _first && index <= _last;

    public void Add(long index, ReadOnlySpan<byte> leaf)
    {
        var time = TimeOf(leaf);
        if (time.SequenceCompareTo(_from) < 0 || time.SequenceCompareTo(_to) >= 0)
        {
            return;
        }
        _first = _first < 0 ? index : _first;
        _last = index;
    }

    /// <summary>The header's time without parsing the line: strings in it cannot hold an unescaped quote, so the first match is the field.</summary>
    private ReadOnlySpan<byte> TimeOf(ReadOnlySpan<byte> leaf)
    {
        var name = ",\"t\":\""u8;
        var start = leaf.IndexOf(name);
        return start < 0 || leaf.Length - start - name.Length < _from.Length ? default : leaf.Slice(start + name.Length, _from.Length);
    }
}
