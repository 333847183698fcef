using System.Buffers.Binary;
using Sallyport.Evidence.Log;
using Sallyport.Evidence.Verification;
using Sallyport.Unit.Evidence.Log;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Evidence.Verification;

public sealed class LedgerVerifierTests : IAsyncLifetime
{
    private readonly TestLedger _test = new();

    public async ValueTask InitializeAsync()
    {
        await using var recorder = await _test.StartAsync();
        await TestLedger.WriteSessionsAsync(recorder, sessions: 8, commands: 20);
    }

    [Fact]
    public void An_untouched_ledger_verifies()
    {
        var result = _test.Verify();
        Assert.Empty(result.Findings);
        Assert.Equal(VerificationOutcome.Verified, result.Outcome);
        Assert.Equal(TestLedger.Origin, result.Origin);
        Assert.True(result.Records > 300);
    }

    [Fact]
    public void Any_changed_byte_of_a_segment_is_found_in_its_record()
    {
        var numbers = new SeededBytes(1);
        foreach (var path in Directory.GetFiles(Path.Combine(_test.Directory, "wal"), "0*"))
        {
            var original = File.ReadAllBytes(path);
            var frames = Frames(original);
            for (var trial = 0; trial < 90; trial++)
            {
                var offset = trial < 64 ? trial : numbers.Next(original.Length);
                var findings = VerifyWith(path, original, offset);
                var where = findings[0].Where;
                Assert.StartsWith("wal/" + Path.GetFileName(path), where, StringComparison.Ordinal);
                if (offset >= 64)
                {
                    var record = frames.FindLast(frame => frame.Start <= offset);
                    var expected = offset < record.End ? record.Index : record.Index + 1;
                    Assert.EndsWith($"record {expected}", where, StringComparison.Ordinal);
                }
            }
        }
    }

    [Fact]
    public void A_record_rewritten_with_a_fitting_checksum_is_named()
    {
        var path = Directory.GetFiles(Path.Combine(_test.Directory, "wal"), "0*").Order(StringComparer.Ordinal).First();
        var bytes = File.ReadAllBytes(path);
        var (start, _, index) = Frames(bytes)[40];
        var length = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(start));
        var leaf = bytes.AsSpan(start + 24, length);
        leaf["{\"v\":1,\"k\":\"intent\",\"n\":\"".Length] ^= 1;
        var crc = FrameFormat.Checksum(Crc32C.Append(Crc32C.Start, leaf), length, index, FrameFormat.ReadSynced(bytes.AsSpan(start)));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(start + 4), crc);
        File.WriteAllBytes(path, bytes);
        var result = _test.Verify();
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(result.Findings, finding => finding.Where.EndsWith($"record {index}", StringComparison.Ordinal));
        Assert.Contains(result.Findings, finding => finding.Where == "checkpoint");
    }

    [Fact]
    public void Any_changed_byte_of_a_tile_is_found_and_the_tile_named()
    {
        var numbers = new SeededBytes(2);
        foreach (var path in Directory.GetFiles(Path.Combine(_test.Directory, "tile"), "*", SearchOption.AllDirectories))
        {
            var original = File.ReadAllBytes(path);
            var name = Path.GetRelativePath(_test.Directory, path);
            for (var trial = 0; trial < 4; trial++)
            {
                Assert.StartsWith(name, VerifyWith(path, original, numbers.Next(original.Length))[0].Where, StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [InlineData("checkpoint")]
    [InlineData("ledger.pub.pem")]
    [InlineData("ledger.vkey")]
    public void Any_changed_byte_of_a_small_file_is_found(string name)
    {
        var key = _test.Key;
        var path = Path.Combine(_test.Directory, name);
        var original = File.ReadAllBytes(path);
        for (var offset = 0; offset < original.Length; offset++)
        {
            var changed = original.ToArray();
            changed[offset] ^= 1;
            File.WriteAllBytes(path, changed);
            Assert.Contains(LedgerVerifier.Verify(_test.Directory, key).Findings, finding => finding.Where == name);
        }
    }

    [Fact]
    public void Every_missing_or_additional_file_is_named()
    {
        var key = _test.Key;
        foreach (var path in Directory.GetFiles(_test.Directory, "*", SearchOption.AllDirectories))
        {
            var name = Path.GetRelativePath(_test.Directory, path);
            if (name is "lock" or "ledger.key" or "wal/spare" || IsOlderPartial(name))
            {
                continue;
            }
            var bytes = File.ReadAllBytes(path);
            File.Delete(path);
            Assert.NotEqual(0, LedgerVerifier.Verify(_test.Directory, key).ExitCode);
            File.WriteAllBytes(path, bytes);
        }
        foreach (var extra in (string[])["notes.txt", "wal/00000000000000009999", "wal/other", "tile/0/x001/000", "tile/9/000", "tile/0/000.p/256", "tile/entries/000.p/0"])
        {
            var path = Path.Combine(_test.Directory, extra);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, [1]);
            Assert.Contains(LedgerVerifier.Verify(_test.Directory, key).Findings, finding => finding.Where.StartsWith(extra, StringComparison.Ordinal));
            File.Delete(path);
        }
    }

    [Fact]
    public void A_cut_or_extended_segment_is_named()
    {
        var path = Directory.GetFiles(Path.Combine(_test.Directory, "wal"), "0*").Order(StringComparer.Ordinal).Last();
        var original = File.ReadAllBytes(path);
        foreach (var changed in (byte[][])[original[..^1], [.. original, 0], original[..64], []])
        {
            File.WriteAllBytes(path, changed);
            Assert.Contains(_test.Verify().Findings, finding => finding.Where.StartsWith("wal/" + Path.GetFileName(path), StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Another_key_verifies_nothing()
    {
        using var other = SigningKey.FromSeed(new byte[32]);
        var result = LedgerVerifier.Verify(_test.Directory, VerificationKey.Parse(VerificationKey.FormatPem(other.PublicKey)));
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(result.Findings, finding => finding.Where == "checkpoint");
    }

    [Fact]
    public void A_folder_that_is_no_ledger_is_malformed() =>
        Assert.Equal(3, LedgerVerifier.Verify(Path.GetDirectoryName(_test.Directory)!, _test.Key).ExitCode);

    public ValueTask DisposeAsync()
    {
        _test.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Partial tiles of earlier checkpoints may be removed once the tile is full, so nothing depends on them.</summary>
    private bool IsOlderPartial(string name)
    {
        if (!name.Contains(".p/", StringComparison.Ordinal))
        {
            return false;
        }
        var size = _test.Verify().CheckpointSize;
        var width = long.Parse(Path.GetFileName(name));
        return width != size % 256 && width != size / 256;
    }

    private IReadOnlyList<Finding> VerifyWith(string path, byte[] original, int offset)
    {
        var changed = original.ToArray();
        changed[offset] ^= 0x20;
        File.WriteAllBytes(path, changed);
        var result = _test.Verify();
        File.WriteAllBytes(path, original);
        Assert.Equal(1, result.ExitCode);
        return result.Findings;
    }

    private static List<(int Start, int End, long Index)> Frames(byte[] segment)
    {
        var frames = new List<(int Start, int End, long Index)>();
        for (var offset = 64; offset + 24 < segment.Length && BinaryPrimitives.ReadInt32LittleEndian(segment.AsSpan(offset)) is > 0 and var length;)
        {
            frames.Add((offset, offset + FrameFormat.SizeOf(length), FrameFormat.ReadIndex(segment.AsSpan(offset))));
            offset = frames[^1].End;
        }
        return frames;
    }
}
