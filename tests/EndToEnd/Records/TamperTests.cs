using System.Security.Cryptography;
using Sallyport.EndToEnd.Support;
using Sallyport.EndToEnd.Systems;

namespace Sallyport.EndToEnd.Records;

/// <summary>What was written cannot be changed, cut or rolled back unnoticed.</summary>
public sealed class TamperTests(TamperTests.Fixture fixture) : IClassFixture<TamperTests.Fixture>
{
    private const int BytesPerFile = 3;

    [Fact]
    public async Task The_untouched_bundle_and_ledger_verify()
    {
        (await VerifyBundleAsync(fixture.Bundle)).Expect(0);
        (await VerifyLedgerAsync(fixture.LedgerCopy)).Expect(0);
    }

    [Fact]
    public async Task A_changed_byte_anywhere_in_the_bundle_is_found()
    {
        var whole = await File.ReadAllBytesAsync(fixture.Bundle);
        for (var i = 0; i < 40; i++)
        {
            var changed = (byte[])whole.Clone();
            changed[RandomNumberGenerator.GetInt32(changed.Length)] ^= (byte)(1 << RandomNumberGenerator.GetInt32(8));
            var file = Path.Combine(TestRun.Subdirectory("changed"), "bundle.zip");
            await File.WriteAllBytesAsync(file, changed);
            var result = await VerifyBundleAsync(file);
            Assert.True(result.ExitCode is 1 or 3, $"byte flip not found: {result.Output}{result.Error}");
        }
    }

    [Fact]
    public async Task A_cut_bundle_and_a_stranger_s_key_are_found()
    {
        var whole = await File.ReadAllBytesAsync(fixture.Bundle);
        var cut = Path.Combine(TestRun.Subdirectory("cut"), "bundle.zip");
        await File.WriteAllBytesAsync(cut, whole[..(whole.Length / 2)]);
        Assert.Contains((await VerifyBundleAsync(cut)).ExitCode, (int[])[1, 3]);
        await File.WriteAllBytesAsync(cut, [0x50, 0x4b]);
        Assert.Equal(3, (await VerifyBundleAsync(cut)).ExitCode);

        var (other, _, _) = await Shared.GatewayAsync();
        await using (other)
        {
            var strangersKey = await ExportedEvidence.KeyAsync(other, Shared.Issuer);
            Assert.Equal(1, (await fixture.Gateway.Cli().RunAsync("evidence", "verify", fixture.Bundle, "--key", strangersKey)).ExitCode);
        }
    }

    [Fact]
    public async Task A_changed_byte_of_any_file_of_the_ledger_is_found_and_the_file_named()
    {
        foreach (var name in LedgerFiles())
        {
            var size = new FileInfo(Path.Combine(fixture.LedgerCopy, name)).Length;
            for (var i = 0; i < BytesPerFile && size > 0; i++)
            {
                var copy = WrittenFiles.Copy(fixture.LedgerCopy);
                var at = Used(Path.Combine(copy, name));
                Flip(Path.Combine(copy, name), RandomNumberGenerator.GetInt32((int)Math.Min(at, int.MaxValue)));
                var result = await VerifyLedgerAsync(copy);
                Assert.True(result.ExitCode is 1 or 3, $"{name}: change not found\n{result.Output}");
                Assert.Contains(result.Output.Split('\n'), line => line.StartsWith("- ", StringComparison.Ordinal));
                Directory.Delete(copy, recursive: true);
            }
        }
    }

    [Fact]
    public async Task A_deleted_segment_or_tile_is_found()
    {
        foreach (var name in LedgerFiles().Where(f => !IsSuperseded(f)))
        {
            var copy = WrittenFiles.Copy(fixture.LedgerCopy);
            File.Delete(Path.Combine(copy, name));
            var result = await VerifyLedgerAsync(copy);
            Assert.True(result.ExitCode is 1 or 3, $"{name}: its removal was not found\n{result.Output}");
            Directory.Delete(copy, recursive: true);
        }
    }

    [Fact]
    public async Task A_gateway_whose_ledger_was_rolled_back_refuses_to_start()
    {
        var (gateway, _, _) = await Shared.GatewayAsync();
        await using (gateway)
        {
            var ledger = Path.Combine(gateway.DataDirectory, "ledger");
            var psql = gateway.Psql(Shared.Issuer.Agent("agent-1"));
            (await psql.QueryAsync("SELECT 1")).Expect(0);
            await gateway.StopAsync();
            var old = WrittenFiles.Copy(ledger);
            await gateway.RestartAsync();
            (await psql.QueryAsync("SELECT 2")).Expect(0);
            await gateway.StopAsync();

            Directory.Delete(ledger, recursive: true);
            (await ChildProcess.RunAsync(new Launch("/bin/cp", "-a", old, ledger))).Expect(0);
            var refused = await GatewayProcess.RunAsync(gateway.ConfigurationFile);
            Assert.NotEqual(0, refused.ExitCode);
            Assert.Contains("roll", refused.Output + refused.Error, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public async Task A_whole_data_folder_that_was_rolled_back_is_found_by_the_witness_elsewhere()
    {
        var witness = TestRun.Subdirectory("witness");
        var (gateway, _, _) = await Shared.GatewayAsync(change: s => s with { Witness = witness });
        await using (gateway)
        {
            var psql = gateway.Psql(Shared.Issuer.Agent("agent-1"));
            (await psql.QueryAsync("SELECT 1")).Expect(0);
            await gateway.StopAsync();
            var old = WrittenFiles.Copy(gateway.DataDirectory);
            await gateway.RestartAsync();
            (await psql.QueryAsync("SELECT 2")).Expect(0);
            await gateway.StopAsync();

            Directory.Delete(gateway.DataDirectory, recursive: true);
            (await ChildProcess.RunAsync(new Launch("/bin/cp", "-a", old, gateway.DataDirectory))).Expect(0);
            Assert.NotEqual(0, (await GatewayProcess.RunAsync(gateway.ConfigurationFile)).ExitCode);
        }
    }

    private static void Flip(string file, int at)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.ReadWrite);
        stream.Position = at;
        var value = stream.ReadByte();
        stream.Position = at;
        stream.WriteByte((byte)(value ^ 1));
    }

    /// <summary>How many bytes of the file are in use: segments are filled up with zeros ahead of time.</summary>
    private static long Used(string file)
    {
        var bytes = File.ReadAllBytes(file);
        var last = Array.FindLastIndex(bytes, b => b != 0);
        return last + 1;
    }

    /// <summary>A partial tile that a fuller one has replaced: it may be deleted (C2SP tlog-tiles, "Partial tiles").</summary>
    private bool IsSuperseded(string name)
    {
        var folder = Path.GetDirectoryName(name)!;
        return folder.EndsWith(".p", StringComparison.Ordinal)
            && Directory.EnumerateFiles(Path.Combine(fixture.LedgerCopy, folder))
                .Max(f => int.Parse(Path.GetFileName(f), System.Globalization.CultureInfo.InvariantCulture)) > int.Parse(Path.GetFileName(name), System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>Segments, tiles and the checkpoint; not the lock, and not what is prepared for later.</summary>
    private IEnumerable<string> LedgerFiles() => Directory.EnumerateFiles(fixture.LedgerCopy, "*", SearchOption.AllDirectories)
        .Select(f => Path.GetRelativePath(fixture.LedgerCopy, f))
        .Where(f => Path.GetFileName(f) is not ("lock" or "spare") && !f.Contains("key", StringComparison.Ordinal))
        .Order(StringComparer.Ordinal);

    private Task<Finished> VerifyBundleAsync(string file) => fixture.Gateway.Cli().RunAsync("evidence", "verify", file, "--key", fixture.Key);

    private Task<Finished> VerifyLedgerAsync(string folder) => fixture.Gateway.Cli().RunAsync("ledger", "verify", folder, "--key", fixture.Key);

    public sealed class Fixture : IAsyncLifetime
    {
        private GatewayProcess? _gateway;

        internal GatewayProcess Gateway => _gateway!;

        internal string Bundle { get; private set; } = "";

        internal string Key { get; private set; } = "";

        internal string LedgerCopy { get; private set; } = "";

        public async ValueTask InitializeAsync()
        {
            (_gateway, _, _) = await Shared.GatewayAsync();
            var psql = _gateway.Psql(Shared.Issuer.Agent("agent-1"));
            for (var i = 0; i < 5; i++)
            {
                (await psql.QueryAsync("SELECT mrn, gender FROM clinic.patients WHERE patient_id < 4")).Expect(0);
                (await psql.QueryAsync("DROP TABLE clinic.patients")).Expect(1);
            }

            Bundle = (await ExportedEvidence.ExportAsync(_gateway, Shared.Issuer)).BundleFile;
            Key = await ExportedEvidence.KeyAsync(_gateway, Shared.Issuer);
            await _gateway.StopAsync();
            LedgerCopy = WrittenFiles.Copy(Path.Combine(_gateway.DataDirectory, "ledger"));
        }

        public async ValueTask DisposeAsync() => await Gateway.DisposeAsync();
    }
}
