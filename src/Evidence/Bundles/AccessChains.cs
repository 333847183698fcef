using System.Text;
using Sallyport.Evidence.Records;

namespace Sallyport.Evidence.Bundles;

/// <summary>
/// The records of access in a log, of which a bundle takes those behind the grants that its commands used: request, decisions, grant, extensions, end, and
/// of an emergency its opening and review.
/// </summary>
internal sealed class AccessChains
{
    /// <summary>Most records kept while a log is read; beyond them the oldest chains are not followed.</summary>
    public const int MaxRecords = 50_000;

    private static readonly byte[][] Starts =
    [
        .. new[]
        {
            RecordKinds.AccessRequest, RecordKinds.AccessDecision, RecordKinds.GrantStart, RecordKinds.GrantExtend, RecordKinds.GrantRevoke, RecordKinds.GrantEnd,
            RecordKinds.BreakGlassOpen, RecordKinds.BreakGlassReview,
        }.Select(static kind => Encoding.UTF8.GetBytes($"{{\"v\":{RecordLimits.Version},\"k\":\"{kind}\"")),
    ];

    private readonly Queue<BundleRecord> _records = new();
    private readonly HashSet<string> _used = new(StringComparer.Ordinal);

    /// <summary>Whether a record is one of access, by its first bytes.</summary>
    public static bool IsAccess(ReadOnlySpan<byte> leaf)
    {
        foreach (var start in Starts)
        {
            if (leaf.StartsWith(start))
            {
                return true;
            }
        }
        return false;
    }

    public void Remember(BundleRecord record)
    {
        if (_records.Count == MaxRecords)
        {
            _records.Dequeue();
        }
        _records.Enqueue(record);
    }

    /// <summary>Notes by which grant a chosen command ran.</summary>
    public void Use(RecordLine chosen)
    {
        if (string.Equals(chosen.Kind, RecordKinds.Intent, StringComparison.Ordinal))
        {
            _used.UnionWith(AccessGrants.UsedBy(chosen));
        }
    }

    /// <summary>The records behind the grants that were used.</summary>
    public IEnumerable<BundleRecord> Chosen()
    {
        var requests = _records.Where(record => _used.Contains(record.Line.Text("grant")) || _used.Contains(record.Line.Text("extends")))
            .Select(static record => record.Line.Text("request"))
            .Where(static request => request.Length > 0)
            .ToHashSet(StringComparer.Ordinal);
        return _records.Where(record => _used.Contains(record.Line.Text("grant")) || requests.Contains(record.Line.Text("request")));
    }
}
