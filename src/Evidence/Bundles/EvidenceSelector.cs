using System.Text;
using Sallyport.Evidence.Records;

namespace Sallyport.Evidence.Bundles;

/// <summary>Chooses the records of a bundle in one pass over the log. Feed it every record, in order, then <see cref="Finish"/>.</summary>
/// <param name="filter">What is wanted.</param>
/// <param name="period">For a period: where it lies in the log.</param>
internal sealed class EvidenceSelector(EvidenceFilter filter, PeriodFinder period)
{
    private const int MaxContextRecords = 10_000;

    private static readonly byte[][] ContextStarts =
        [KindStart(RecordKinds.GatewayStart), KindStart(RecordKinds.PolicyActivate), KindStart(RecordKinds.GrantActive)];

    private readonly byte[] _needle = Encoding.UTF8.GetBytes(filter.Session.Length > 0 ? filter.Session : filter.Agent);
    private readonly List<BundleRecord> _chosen = [];
    private readonly List<BundleRecord> _context = [];
    private readonly HashSet<string> _sessions = new(StringComparer.Ordinal);
    private readonly AccessChains _access = new();
    private long _bytes;
    private bool _begun;
    private bool _sessionOpen;

    public void Add(long index, ReadOnlyMemory<byte> leaf)
    {
        var isContext = IsContext(leaf.Span);
        var isAccess = AccessChains.IsAccess(leaf.Span);
        if (!isContext && !isAccess && !MayMatch(index, leaf.Span))
        {
            return;
        }
        var bytes = leaf.ToArray();
        var record = new BundleRecord(index, bytes, RecordLine.Parse(bytes));
        if (isAccess)
        {
            _access.Remember(record);
        }
        if (Matches(record))
        {
            Begin();
            Choose(record);
        }
        else if (isContext && !_begun)
        {
            Remember(record);
        }
        else if (isContext && (filter.Session.Length > 0 ? _sessionOpen : period.Contains(index)))
        {
            Choose(record);
        }
    }

    /// <summary>The chosen records, in order.</summary>
    /// <exception cref="EvidenceSelectionException">None, or too many.</exception>
    public List<BundleRecord> Finish()
    {
        if (!_begun)
        {
            throw new EvidenceSelectionException(filter.Session.Length > 0 ? "The ledger has no such session." : "The ledger has no such records in this period.");
        }
        var known = _chosen.Select(static record => record.Index).ToHashSet();
        var last = _chosen[^1].Index;
        // What comes after a period is not its business; of a session the whole story is.
        foreach (var record in _access.Chosen().Where(record => !known.Contains(record.Index) && (filter.Session.Length > 0 || record.Index < last)))
        {
            Choose(record);
        }
        _chosen.Sort(static (left, right) => left.Index.CompareTo(right.Index));
        return _chosen;
    }

    private static byte[] KindStart(string kind) => Encoding.UTF8.GetBytes($"{{\"v\":{RecordLimits.Version},\"k\":\"{kind}\"");

    private static bool IsContext(ReadOnlySpan<byte> leaf)
    {
        foreach (var start in ContextStarts)
        {
            if (leaf.StartsWith(start))
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>A cheap look at the bytes before parsing; may say yes too often.</summary>
    private bool MayMatch(long index, ReadOnlySpan<byte> leaf)
    {
        if (filter.Session.Length > 0)
        {
            return leaf.IndexOf(_needle) >= 0;
        }
        return period.Contains(index) && (filter.Agent.Length == 0 || leaf.IndexOf(_needle) >= 0 || leaf.IndexOf(",\"session\":"u8) >= 0);
    }

    private bool Matches(BundleRecord record)
    {
        var header = record.Line.Header;
        if (filter.Session.Length > 0)
        {
            if (string.Equals(header.Session, filter.Session, StringComparison.Ordinal))
            {
                _sessionOpen = !string.Equals(header.Kind, RecordKinds.SessionEnd, StringComparison.Ordinal);
                return true;
            }
            return string.Equals(record.Line.Text("session"), filter.Session, StringComparison.Ordinal);
        }
        if (!period.Contains(record.Index))
        {
            return false;
        }
        if (filter.IsWholeRange)
        {
            return true;
        }
        if (header.Session.Length > 0 && filter.IsAgent(header.Agent, header.Subject))
        {
            _sessions.Add(header.Session);
            return true;
        }
        return header.Session.Length == 0 && _sessions.Contains(record.Line.Text("session"));
    }

    /// <summary>The run, the policy and the grants in force before the first chosen record belong to the bundle too.</summary>
    private void Begin()
    {
        if (_begun)
        {
            return;
        }
        _begun = true;
        foreach (var record in _context)
        {
            Choose(record);
        }
        _context.Clear();
    }

    private void Remember(BundleRecord record)
    {
        if (IsStart(record))
        {
            _context.RemoveAll(IsStart);
        }
        else if (EvidenceTables.IsKind(record, RecordKinds.PolicyActivate))
        {
            _context.RemoveAll(earlier => !IsStart(earlier));
        }
        if (_context.Count < MaxContextRecords)
        {
            _context.Add(record);
        }
    }

    private static bool IsStart(BundleRecord record) => EvidenceTables.IsKind(record, RecordKinds.GatewayStart);

    private void Choose(BundleRecord record)
    {
        _bytes += record.Leaf.Length;
        if (_chosen.Count >= BundleLimits.MaxRecords || _bytes > BundleLimits.MaxRecordBytes)
        {
            throw new EvidenceSelectionException($"More than {BundleLimits.MaxRecords} records or {BundleLimits.MaxRecordBytes} bytes; choose a shorter period.");
        }
        _access.Use(record.Line);
        _chosen.Add(record);
    }
}
