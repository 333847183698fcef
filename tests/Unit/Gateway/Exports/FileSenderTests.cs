using System.Text;
using System.Text.Json;
using Sallyport.Evidence.Log;
using Sallyport.Gateway.Exports;

namespace Sallyport.Unit.Gateway.Exports;

public sealed class FileSenderTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_line_is_one_record_whose_hash_can_be_computed_again()
    {
        await using var fixture = await ExportFixture.CreateAsync();
        using var sender = Sender(fixture);
        var batch = fixture.Everything();
        await sender.SendAsync(batch, Stop);
        var lines = await File.ReadAllLinesAsync(fixture.PathOf("out.ndjson"), Stop);
        Assert.Equal(batch.Records.Count, lines.Length);
        foreach (var (line, record) in lines.Zip(batch.Records))
        {
            using var json = JsonDocument.Parse(line);
            var raw = json.RootElement.GetProperty("record").GetRawText();
            Assert.Equal((record.Index, fixture.Ledger.Origin), (json.RootElement.GetProperty("index").GetInt64(), json.RootElement.GetProperty("origin").GetString()));
            Assert.Equal(LeafHash.Of(Encoding.UTF8.GetBytes(raw)).ToString(), json.RootElement.GetProperty("leaf").GetString());
        }
    }

    [Fact]
    public async Task A_line_that_a_crash_cut_off_is_not_glued_to_the_next()
    {
        await using var fixture = await ExportFixture.CreateAsync();
        using var sender = Sender(fixture);
        var batch = fixture.Everything();
        await sender.SendAsync(batch, Stop);
        var whole = await File.ReadAllBytesAsync(fixture.PathOf("out.ndjson"), Stop);
        await File.WriteAllBytesAsync(fixture.PathOf("out.ndjson"), whole[..^100], Stop);
        await sender.SendAsync(batch with { Records = [batch.Records[^1]] }, Stop);
        Assert.Equal(whole, await File.ReadAllBytesAsync(fixture.PathOf("out.ndjson"), Stop));
    }

    [Fact]
    public async Task A_full_file_takes_nothing_more_and_a_moved_one_is_begun_anew()
    {
        await using var fixture = await ExportFixture.CreateAsync();
        var batch = fixture.Everything();
        using var sender = Sender(fixture, maxBytes: batch.Records.Sum(record => record.Leaf.Length) * 2L);
        await sender.SendAsync(batch, Stop);
        var problem = await Assert.ThrowsAsync<ExportFailedException>(() => sender.SendAsync(batch, Stop));
        Assert.Equal("file-full", problem.Code);
        Assert.Equal(batch.Records.Count, (await File.ReadAllLinesAsync(fixture.PathOf("out.ndjson"), Stop)).Length);
        File.Move(fixture.PathOf("out.ndjson"), fixture.PathOf("out.1"));
        await sender.SendAsync(batch, Stop);
        Assert.Equal(batch.Records.Count, (await File.ReadAllLinesAsync(fixture.PathOf("out.ndjson"), Stop)).Length);
    }

    [Fact]
    public async Task A_folder_that_is_gone_is_a_failure_with_a_code()
    {
        await using var fixture = await ExportFixture.CreateAsync();
        using var sender = new FileSender(ExportFixture.Configuration with { File = fixture.PathOf("gone/out.ndjson"), MaxFileBytes = 1 << 20 });
        Assert.Equal("file", (await Assert.ThrowsAsync<ExportFailedException>(() => sender.SendAsync(fixture.Everything(), Stop))).Code);
    }

    private static FileSender Sender(ExportFixture fixture, long maxBytes = 1 << 20) =>
        new(ExportFixture.Configuration with { File = fixture.PathOf("out.ndjson"), MaxFileBytes = maxBytes });
}
