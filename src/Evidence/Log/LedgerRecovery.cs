using Sallyport.Evidence.Verification;
using Sallyport.Evidence.Witnessing;

namespace Sallyport.Evidence.Log;

/// <summary>What happens before a ledger serves: read everything, compare it with everything signed before, only then change anything.</summary>
internal static class LedgerRecovery
{
    private const int MaxCheckpointBytes = 64 << 10;

    /// <exception cref="LedgerCorruptException">Damage, or a rollback.</exception>
    public static (RecoveredLog Log, TileWriter Tiles) Run(LedgerOptions options, SignedSize signedSize, Action<long, ReadOnlyMemory<byte>>? onRecord)
    {
        var witness = signedSize.Read();
        var checkpoint = ReadCheckpoint(CheckpointPath(options));
        var cosigned = ReadCheckpoint(Path.Combine(options.Directory, LedgerCosigner.CosignedName));
        CheckHeads(options, signedSize, witness, checkpoint);
        CheckHeads(options, signedSize, witness, cosigned);
        var wal = Path.Combine(options.Directory, SegmentFormat.WalName);
        Directory.CreateDirectory(wal);
        var tiles = new TileWriter(options.Directory);
        var roots = new TreeBuilder();
        CheckRoot(roots, witness);
        CheckRoot(roots, checkpoint);
        CheckRoot(roots, cosigned);
        var log = SegmentRecovery.Run(wal, options.Origin, (_, leaf) =>
        {
            roots.Append(LeafHash.Of(leaf.Span));
            CheckRoot(roots, witness);
            CheckRoot(roots, checkpoint);
            CheckRoot(roots, cosigned);
        });
        if (witness is not null && log.Records < witness.Size)
        {
            throw new LedgerCorruptException(
                $"Record {log.Records} is missing or damaged: the log has {log.Records} records, but {witness.Size} were signed ({signedSize.FilePath}). "
                + "The directory was rolled back or damaged; restore it, or keep it aside as evidence and start a new one under a new origin.");
        }
        if (log.Torn)
        {
            SegmentRecovery.CutTail(log.NewestSegment!, log.Position);
        }
        RemoveUnfinishedFiles(options.Directory);
        Replay(wal, log.Records, tiles, onRecord);
        return (log, tiles);
    }

    public static void Continue(SegmentStore segments, RecoveredLog log)
    {
        if (log.NewestSegment is null)
        {
            segments.StartFirst();
            return;
        }
        segments.Continue(log.NewestSegment, log.Position);
    }

    /// <exception cref="LedgerCorruptException">The checkpoint was not signed by this key.</exception>
    public static void CheckCheckpointSignature(LedgerOptions options, SigningKey key)
    {
        var path = CheckpointPath(options);
        if (!File.Exists(path))
        {
            return;
        }
        try
        {
            _ = Checkpoint.Open(File.ReadAllBytes(path), VerificationKey.Parse(VerificationKey.Format(options.Origin, key.PublicKey)));
        }
        catch (FormatException error)
        {
            throw new LedgerCorruptException($"The checkpoint file: {error.Message}", error);
        }
    }

    private static void RemoveUnfinishedFiles(string directory)
    {
        foreach (var path in Directory.EnumerateFiles(directory, "*.tmp", SearchOption.AllDirectories))
        {
            File.Delete(path);
        }
        File.Delete(Path.Combine(directory, SegmentFormat.WalName, SegmentFormat.SpareName));
    }

    private static void Replay(string wal, long records, TileWriter tiles, Action<long, ReadOnlyMemory<byte>>? onRecord)
    {
        // A second pass, so that tiles are rebuilt and listeners informed only once the log is known to be good.
        using var reader = new LogReader(wal, 0);
        reader.ReadTo(records, (index, leaf) =>
        {
            tiles.AppendRecovered(leaf.Span);
            onRecord?.Invoke(index, leaf);
        });
    }

    private static string CheckpointPath(LedgerOptions options) => Path.Combine(options.Directory, Publisher.CheckpointName);

    private static Checkpoint? ReadCheckpoint(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }
        try
        {
            return new FileInfo(path).Length <= MaxCheckpointBytes
                ? Checkpoint.Parse(SignedNote.Parse(File.ReadAllBytes(path)).Text)
                : throw new FormatException("it is too long");
        }
        catch (FormatException error)
        {
            throw new LedgerCorruptException($"The file {Path.GetFileName(path)} is damaged: {error.Message}", error);
        }
    }

    private static void CheckHeads(LedgerOptions options, SignedSize signedSize, Checkpoint? witness, Checkpoint? checkpoint)
    {
        if (checkpoint is not null && witness is null)
        {
            throw new LedgerCorruptException(
                $"The ledger has a checkpoint, but the signed-size witness {signedSize.FilePath} is missing. Without it a rollback cannot be told from a restart.");
        }
        if (checkpoint is not null && (checkpoint.Size > witness!.Size || !string.Equals(checkpoint.Origin, options.Origin, StringComparison.Ordinal)))
        {
            throw new LedgerCorruptException("The checkpoint belongs to another origin, or is newer than the signed-size witness.");
        }
        if (witness is not null && !string.Equals(witness.Origin, options.Origin, StringComparison.Ordinal))
        {
            throw new LedgerCorruptException($"The signed-size witness {signedSize.FilePath} belongs to another origin.");
        }
    }

    private static void CheckRoot(TreeBuilder tree, Checkpoint? head)
    {
        if (head is not null && tree.Size == head.Size && !tree.Root().ToArray().AsSpan().SequenceEqual(head.Root))
        {
            throw new LedgerCorruptException($"The first {head.Size} records do not have the root that was signed for them: a record below {head.Size} was changed.");
        }
    }
}
