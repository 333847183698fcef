using Sallyport.Evidence.Log;
using Sallyport.Evidence.Verification;

namespace Sallyport.Evidence.Bundles;

/// <summary>Facts of one export, for its <c>export.created</c> record.</summary>
/// <param name="ManifestSha256">Hash of the bundle's manifest, in hex.</param>
/// <param name="Filter">What was asked for.</param>
/// <param name="ExportedBy">Opaque id of the person.</param>
/// <param name="Records">Records in the bundle.</param>
public sealed record ExportFacts(string ManifestSha256, EvidenceFilter Filter, string ExportedBy, long Records);

/// <summary>Writes an evidence bundle from a running ledger.</summary>
public static class EvidenceExporter
{
    /// <summary>
    /// Chooses the records, records the export in the ledger itself, and writes the bundle with the proofs. Nothing is written to
    /// <paramref name="output"/> before the bundle is complete in memory.
    /// </summary>
    /// <param name="ledger">The ledger.</param>
    /// <param name="filter">What to export.</param>
    /// <param name="exportedBy">Opaque id of who asked; stands in the bundle and in the ledger.</param>
    /// <param name="record">Appends the <c>export.created</c> record and completes with it once it is durable.</param>
    /// <param name="output">Receives the zip; need not be seekable.</param>
    /// <param name="signHead">Gives a signed head that covers everything durable, with the witnesses' cosignatures; null for the ledger's signature alone.</param>
    /// <param name="cancellationToken">Cancels between steps.</param>
    /// <exception cref="EvidenceSelectionException">Nothing matches, or more than fits into one bundle.</exception>
    public static async Task ExportAsync(
        Ledger ledger, EvidenceFilter filter, string exportedBy, Func<ExportFacts, ValueTask<Appended>> record, Stream output,
        Func<CancellationToken, Task<(Checkpoint Head, byte[] Note)>>? signHead, CancellationToken cancellationToken)
    {
        var before = await ledger.PublishAsync(cancellationToken).ConfigureAwait(false);
        var records = Select(ledger, filter, before.Size, cancellationToken);
        var files = BundleContents.Create(ledger.Origin, filter, exportedBy, before.Size, records);
        var manifest = new BundleFile(BundlePaths.Manifest, Describe(ledger.Origin, filter, exportedBy, before.Size, records, files).Format());
        var appended = await record(new ExportFacts(manifest.Sha256, filter, exportedBy, records.Count)).ConfigureAwait(false);
        var (after, note) = await (signHead ?? ledger.PublishNoteAsync)(cancellationToken).ConfigureAwait(false);
        var proofs = Prove(ledger, records, appended.Index, after, note);
        await StoredZip.WriteAsync([files[0], manifest, .. files.Skip(1), .. proofs], output, cancellationToken).ConfigureAwait(false);
    }

    private static List<BundleRecord> Select(Ledger ledger, EvidenceFilter filter, long size, CancellationToken cancellationToken)
    {
        var tiles = new TileReader(ledger.Directory, size);
        var period = new PeriodFinder(filter);
        if (filter.Session.Length == 0)
        {
            tiles.ReadEntries(0, (index, leaf) =>
            {
                cancellationToken.ThrowIfCancellationRequested();
                period.Add(index, leaf.Span);
            });
        }
        var selector = new EvidenceSelector(filter, period);
        tiles.ReadEntries(0, (index, leaf) =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            selector.Add(index, leaf);
        });
        return selector.Finish();
    }

    private static Manifest Describe(
        string origin, EvidenceFilter filter, string exportedBy, long logSize, List<BundleRecord> records, List<BundleFile> files) => new()
        {
            Origin = origin,
            Filter = filter,
            ExportedBy = exportedBy,
            LogSize = logSize,
            Records = records.Count,
            FirstRecord = ClaimedRange.First(filter, records),
            LastRecord = records[^1].Index,
            Sessions = [.. SessionSummary.Of(records).Select(ManifestSession.From)],
            Files = [.. files.Select(ManifestFile.From)],
        };

    private static List<BundleFile> Prove(Ledger ledger, List<BundleRecord> records, long exportIndex, Checkpoint head, byte[] note)
    {
        var tiles = new TileReader(ledger.Directory, head.Size);
        byte[] exportLeaf = [];
        tiles.ReadEntries(exportIndex, (index, leaf) => exportLeaf = index == exportIndex ? leaf.ToArray() : exportLeaf);
        return
        [
            new BundleFile(BundlePaths.Nodes(ledger.Origin), SubsetProof.Build([.. records.Select(record => record.Index)], head.Size, tiles.Subtree)),
            new BundleFile(BundlePaths.Checkpoint, note),
            new BundleFile(BundlePaths.ExportRecord, exportLeaf),
            new BundleFile(BundlePaths.ManifestProof, InclusionProof.Build(exportIndex, head.Size, tiles.Subtree, note).Format()),
        ];
    }
}
