using Sallyport.Evidence.Log;

namespace Sallyport.Unit.Evidence.Log;

public sealed class RollbackTests : IDisposable
{
    private readonly TestLedger _test = new();

    [Fact]
    public async Task A_directory_rolled_back_to_a_copy_does_not_open()
    {
        await WriteAsync();
        CopyDirectory(_test.Directory, _test.PathOf("copy"));
        await WriteAsync();
        Directory.Delete(_test.Directory, recursive: true);
        CopyDirectory(_test.PathOf("copy"), _test.Directory);
        var error = await Assert.ThrowsAsync<LedgerCorruptException>(WriteAsync);
        Assert.Contains("rolled back", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_directory_that_is_gone_does_not_start_over()
    {
        await WriteAsync();
        Directory.Delete(_test.Directory, recursive: true);
        await Assert.ThrowsAsync<LedgerCorruptException>(WriteAsync);
    }

    [Fact]
    public async Task A_missing_witness_is_noticed()
    {
        await WriteAsync();
        Directory.Delete(_test.Directory + ".witness", recursive: true);
        var error = await Assert.ThrowsAsync<LedgerCorruptException>(WriteAsync);
        Assert.Contains("witness", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_removed_tail_is_noticed_and_nothing_is_changed()
    {
        await WriteAsync();
        var segment = Directory.GetFiles(Path.Combine(_test.Directory, "wal"), "0*").Order(StringComparer.Ordinal).Last();
        var bytes = await File.ReadAllBytesAsync(segment);
        var end = bytes.AsSpan().LastIndexOfAnyExcept((byte)0);
        bytes.AsSpan(end - 200).Clear();
        await File.WriteAllBytesAsync(segment, bytes);
        var error = await Assert.ThrowsAsync<LedgerCorruptException>(WriteAsync);
        Assert.Contains("were signed", error.Message, StringComparison.Ordinal);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(segment));
    }

    [Fact]
    public async Task A_changed_record_below_later_ones_is_named_and_not_cut_off()
    {
        await WriteAsync();
        var segment = Directory.GetFiles(Path.Combine(_test.Directory, "wal"), "0*").Order(StringComparer.Ordinal).First();
        var bytes = await File.ReadAllBytesAsync(segment);
        bytes[64 + 24 + 10] ^= 1;
        await File.WriteAllBytesAsync(segment, bytes);
        var error = await Assert.ThrowsAsync<LedgerCorruptException>(WriteAsync);
        Assert.Contains("record 0", error.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _test.Dispose();

    private async Task WriteAsync()
    {
        await using var recorder = await _test.StartAsync();
        await TestLedger.WriteSessionsAsync(recorder, sessions: 1, commands: 5);
    }

    private static void CopyDirectory(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var directory in Directory.EnumerateDirectories(from, "*", SearchOption.AllDirectories))
        {
            Directory.CreateDirectory(Path.Combine(to, Path.GetRelativePath(from, directory)));
        }
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            File.Copy(file, Path.Combine(to, Path.GetRelativePath(from, file)));
        }
    }
}
