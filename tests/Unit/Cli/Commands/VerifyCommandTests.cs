using System.Text;
using System.Text.Json;
using Sallyport.Cli;
using Sallyport.Evidence.Bundles;
using Sallyport.Evidence.Log;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Recording;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Cli.Commands;

/// <summary><c>evidence verify</c> and <c>ledger verify</c> on a ledger and a bundle made by the gateway's own recorder.</summary>
public sealed class VerifyCommandTests : IAsyncLifetime
{
    private static readonly Principal Agent = new()
    {
        Kind = PrincipalKind.Agent,
        Id = "p-1",
        Issuer = "https://login.clinic.example",
        Subject = "dana",
        Name = "agent-reporting",
        ExpiresAt = new DateTimeOffset(2026, 11, 21, 13, 0, 0, TimeSpan.Zero),
    };

    private readonly CliRun _cli = new();

    private string LedgerDirectory => Path.Combine(_cli.Home, "ledger");

    private string Bundle => Path.Combine(_cli.Home, "bundle.zip");

    private string KeyFile => Path.Combine(_cli.Home, "ledger.vkey");

    public async ValueTask InitializeAsync()
    {
        var options = new LedgerOptions { Directory = LedgerDirectory, Origin = "gateway.clinic.example", SegmentBytes = 128 * 1024 };
        await using var recorder = await Recorder.StartAsync(options, "gw-1", "0.1.0");
        var session = await recorder.StartSessionAsync(new SessionFacts
        {
            SessionId = "ses_1",
            Target = "clinic",
            Principal = Agent,
            ClientAddress = "10.0.0.7",
            Tls = "none",
            Protocol = "postgres",
        });
        await session.EndAsync("client-closed");
        await File.WriteAllTextAsync(KeyFile, recorder.Ledger.VerifierKey + "\n");
        await using (var output = File.Create(Bundle))
        {
            await recorder.ExportAsync(EvidenceFilter.ForSession("ses_1"), Agent, output, CancellationToken.None);
        }

        await recorder.StoppedAsync("test");
    }

    public ValueTask DisposeAsync()
    {
        _cli.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_bundle_is_verified_with_the_file_and_the_key_alone()
    {
        Assert.Equal(ExitCode.Done, await _cli.RunAsync("evidence", "verify", Bundle, "--key", KeyFile));
        Assert.StartsWith($"VERIFIED: {Bundle}\nledger:       gateway.clinic.example\n", _cli.Output);
        Assert.Contains("sessions:     1\n", _cli.Output);
        Assert.Equal(ExitCode.Done, await _cli.RunAsync("evidence", "verify", Bundle, "--key", (await File.ReadAllTextAsync(KeyFile)).Trim()));
    }

    [Fact]
    public async Task A_changed_record_is_named()
    {
        // Bundles are stored, not compressed, so the text is in the file as it is.
        var bytes = await File.ReadAllBytesAsync(Bundle);
        bytes[Encoding.Latin1.GetString(bytes).IndexOf("client-closed", StringComparison.Ordinal)] = (byte)'C';
        await File.WriteAllBytesAsync(Bundle, bytes);
        Assert.Equal(ExitCode.No, await _cli.RunAsync("evidence", "verify", Bundle, "--key", KeyFile, "--json"));
        using var report = JsonDocument.Parse(_cli.Output);
        Assert.Equal("failed", report.RootElement.GetProperty("verdict").GetString());
        Assert.NotEmpty(report.RootElement.GetProperty("findings").EnumerateArray());
    }

    [Fact]
    public async Task Every_changed_byte_of_a_bundle_is_noticed()
    {
        var bytes = await File.ReadAllBytesAsync(Bundle);
        for (var position = 0; position < bytes.Length; position += 101)
        {
            bytes[position] ^= 1;
            await File.WriteAllBytesAsync(Bundle, bytes);
            Assert.NotEqual(ExitCode.Done, await _cli.RunAsync("evidence", "verify", Bundle, "--key", KeyFile));
            bytes[position] ^= 1;
        }
    }

    [Fact]
    public async Task Something_else_than_a_bundle_is_malformed()
    {
        await File.WriteAllTextAsync(Bundle, "not a zip");
        Assert.Equal(ExitCode.Malformed, await _cli.RunAsync("evidence", "verify", Bundle, "--key", KeyFile));
        Assert.StartsWith("MALFORMED: ", _cli.Output);
        Assert.Equal(ExitCode.Failed, await _cli.RunAsync("evidence", "verify", Bundle + ".absent", "--key", KeyFile));
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("")]
    public async Task A_key_that_is_none_is_malformed(string key)
    {
        Assert.Equal(ExitCode.Malformed, await _cli.RunAsync("evidence", "verify", Bundle, "--key", key));
        Assert.StartsWith("sallyport: --key cannot be used: ", _cli.Error);
    }

    [Fact]
    public async Task Another_key_verifies_nothing()
    {
        var options = new LedgerOptions { Directory = Path.Combine(_cli.Home, "other"), Origin = "gateway.clinic.example", SegmentBytes = 128 * 1024 };
        await using (var other = await Recorder.StartAsync(options, "gw-2", "0.1.0"))
        {
            await File.WriteAllTextAsync(KeyFile, other.Ledger.VerifierKey);
        }

        Assert.Equal(ExitCode.No, await _cli.RunAsync("evidence", "verify", Bundle, "--key", KeyFile));
        Assert.Equal(ExitCode.No, await _cli.RunAsync("ledger", "verify", LedgerDirectory, "--key", KeyFile));
    }

    [Fact]
    public async Task A_ledger_is_verified_and_a_changed_byte_is_found()
    {
        Assert.Equal(ExitCode.Done, await _cli.RunAsync("ledger", "verify", LedgerDirectory, "--key", KeyFile));
        Assert.StartsWith("VERIFIED: ", _cli.Output);
        var segment = Directory.GetFiles(Path.Combine(LedgerDirectory, "wal")).Order(StringComparer.Ordinal).First();
        var bytes = await File.ReadAllBytesAsync(segment);
        bytes[Encoding.Latin1.GetString(bytes).IndexOf("ses_1", StringComparison.Ordinal)] ^= 1;
        await File.WriteAllBytesAsync(segment, bytes);
        Assert.Equal(ExitCode.No, await _cli.RunAsync("ledger", "verify", LedgerDirectory, "--key", KeyFile));
        Assert.Contains("\n- wal", _cli.Output);
        Assert.Equal(ExitCode.Malformed, await _cli.RunAsync("ledger", "verify", _cli.Home, "--key", KeyFile));
    }
}
