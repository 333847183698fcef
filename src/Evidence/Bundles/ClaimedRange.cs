namespace Sallyport.Evidence.Bundles;

/// <summary>Where the range a bundle claims begins: after the policy and grants that were in force before it.</summary>
internal static class ClaimedRange
{
    public static long First(EvidenceFilter filter, IReadOnlyList<BundleRecord> records)
    {
        foreach (var record in records)
        {
            var header = record.Line.Header;
            var claimed = filter.Session.Length > 0
                ? string.Equals(header.Session, filter.Session, StringComparison.Ordinal)
                : filter.InPeriod(header.Time) && (filter.Agent.Length == 0 || header.Session.Length > 0);
            if (claimed)
            {
                return record.Index;
            }
        }
        return records[0].Index;
    }
}
