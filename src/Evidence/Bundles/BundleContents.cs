using System.Globalization;
using System.Text;
using Sallyport.Evidence.Verification;

namespace Sallyport.Evidence.Bundles;

/// <summary>The files of a bundle that follow from its records alone. Exporter and verifier make them the same way.</summary>
internal static class BundleContents
{
    public static List<BundleFile> Create(string origin, EvidenceFilter filter, string exportedBy, long logSize, IReadOnlyList<BundleRecord> records) =>
    [
        new BundleFile(BundlePaths.Report, EvidenceReport.Create(origin, filter, exportedBy, logSize, records)),
        .. EvidenceTables.Create(records),
        new BundleFile(BundlePaths.Entries(origin), Entries(records)),
        new BundleFile(BundlePaths.Index(origin), Index(records)),
    ];

    /// <summary>The exact leaves, one per line.</summary>
    private static byte[] Entries(IReadOnlyList<BundleRecord> records)
    {
        var bytes = new byte[records.Sum(record => record.Leaf.Length + 1)];
        var offset = 0;
        foreach (var record in records)
        {
            record.Leaf.CopyTo(bytes, offset);
            offset += record.Leaf.Length;
            bytes[offset++] = (byte)'\n';
        }
        return bytes;
    }

    /// <summary>For each line of the entries its index in the log and its leaf hash.</summary>
    private static byte[] Index(IReadOnlyList<BundleRecord> records)
    {
        var text = new StringBuilder();
        foreach (var record in records)
        {
            text.Append(CultureInfo.InvariantCulture, $"{record.Index} {Convert.ToHexStringLower(Merkle.HashLeaf(record.Leaf))}\n");
        }
        return Encoding.ASCII.GetBytes(text.ToString());
    }
}
