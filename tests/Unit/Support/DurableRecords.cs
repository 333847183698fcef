using Sallyport.Evidence.Log;
using Sallyport.Evidence.Records;

namespace Sallyport.Unit.Support;

/// <summary>What a ledger holds.</summary>
internal static class DurableRecords
{
    /// <summary>Kind and policy of every record of the ledger that is durable now.</summary>
    public static List<(string Kind, string Policy)> Of(Ledger ledger)
    {
        var records = new List<(string, string)>();
        using var reader = new LogReader(Path.Combine(ledger.Directory, "wal"), 0);
        reader.ReadTo(ledger.DurableRecords, (_, leaf) =>
        {
            var line = RecordLine.Parse(leaf.ToArray());
            records.Add((line.Kind, line.Text("pol")));
        });
        return records;
    }
}
