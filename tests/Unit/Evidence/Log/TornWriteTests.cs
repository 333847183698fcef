using Sallyport.Evidence.Log;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Evidence.Log;

/// <summary>A power cut in the middle of a batch: sectors written since the last sync are there, missing or garbled, in any mixture.</summary>
public sealed class TornWriteTests : IDisposable
{
    private const int Trials = 2_000;
    private const int SegmentBytes = 32 << 10;
    private const int SectorBytes = 512;
    private const string Origin = "torn.example/audit";

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void No_durable_record_is_lost_and_no_phantom_appears_in_any_torn_write()
    {
        var numbers = new SeededBytes(20261121);
        var path = _folder.File(SegmentFormat.FileName(0));
        // TORN_WRITES=20000 is the long run before a release.
        var trials = int.TryParse(Environment.GetEnvironmentVariable("TORN_WRITES"), out var wanted) ? wanted : Trials;
        for (var trial = 0; trial < trials; trial++)
        {
            var (image, records, durable) = Tear(numbers);
            File.WriteAllBytes(path, image);
            var found = Recover(out var log);
            Assert.InRange(found.Count, durable, records.Count);
            Assert.Equal(records.Take(found.Count), found);
            if (log.Torn)
            {
                SegmentRecovery.CutTail(path, log.Position);
            }
            Assert.Equal(found, Recover(out var again));
            Assert.False(again.Torn);
        }
    }

    [Fact]
    public void Damage_below_a_later_batch_is_an_error_and_names_the_record()
    {
        var numbers = new SeededBytes(7);
        var path = _folder.File(SegmentFormat.FileName(0));
        for (var trial = 0; trial < 200; trial++)
        {
            var image = SegmentImage();
            var records = new List<byte[]>();
            var end = SegmentFormat.HeaderBytes;
            var lastBatch = 0;
            for (var batch = 0; batch < 4; batch++)
            {
                lastBatch = end;
                end = AddBatch(image, end, records, numbers);
            }
            image[SegmentFormat.HeaderBytes + numbers.Next(lastBatch - SegmentFormat.HeaderBytes)] ^= (byte)(1 + numbers.Next(255));
            File.WriteAllBytes(path, image);
            var error = Assert.Throws<LedgerCorruptException>(() => Recover(out _));
            Assert.Contains("record ", error.Message, StringComparison.Ordinal);
        }
    }

    public void Dispose() => _folder.Dispose();

    private List<byte[]> Recover(out RecoveredLog log)
    {
        var found = new List<byte[]>();
        log = SegmentRecovery.Run(_folder.Path, Origin, (_, leaf) => found.Add(leaf.ToArray()));
        return found;
    }

    /// <summary>Some durable batches and one whose sectors reached the disk or not.</summary>
    private static (byte[] Image, List<byte[]> Records, int Durable) Tear(SeededBytes numbers)
    {
        var before = SegmentImage();
        var records = new List<byte[]>();
        var end = SegmentFormat.HeaderBytes;
        for (var batch = numbers.Next(4); batch > 0; batch--)
        {
            end = AddBatch(before, end, records, numbers);
        }
        var durable = records.Count;
        var after = before.ToArray();
        var torn = AddBatch(after, end, records, numbers);
        for (var sector = end / SectorBytes; sector * SectorBytes < torn; sector++)
        {
            var bytes = after.AsSpan(sector * SectorBytes, SectorBytes);
            switch (numbers.Next(3))
            {
                case 0:
                    before.AsSpan(sector * SectorBytes, SectorBytes).CopyTo(bytes);
                    break;
                case 1 when sector * SectorBytes >= end:
                    // A sector is written whole or not at all; only one that held nothing durable may come back garbled.
                    numbers.Bytes(SectorBytes).CopyTo(bytes);
                    break;
            }
        }
        return (after, records, durable);
    }

    private static byte[] SegmentImage()
    {
        var image = new byte[SegmentBytes];
        SegmentFormat.Header(SegmentBytes, 0, Origin).CopyTo(image, 0);
        return image;
    }

    private static int AddBatch(byte[] image, int position, List<byte[]> records, SeededBytes numbers)
    {
        var batch = new Batch(SegmentBytes);
        for (var count = 1 + numbers.Next(6); count > 0; count--)
        {
            var leaf = numbers.Bytes(1 + numbers.Next(1200));
            batch.Add(leaf, Crc32C.Append(Crc32C.Start, leaf), records.Count);
            records.Add(leaf);
        }
        batch.Frames.Span.CopyTo(image.AsSpan(position));
        return position + batch.Frames.Length;
    }
}
