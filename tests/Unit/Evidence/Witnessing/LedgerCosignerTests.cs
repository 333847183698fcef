using System.Net;
using System.Text;
using Sallyport.Evidence.Bundles;
using Sallyport.Evidence.Log;
using Sallyport.Evidence.Verification;
using Sallyport.Evidence.Witnessing;
using Sallyport.Gateway.Recording;
using Sallyport.Unit.Evidence.Log;

namespace Sallyport.Unit.Evidence.Witnessing;

/// <summary>A ledger and its witnesses: what they cosigned cannot be forked, not even with the real key.</summary>
public sealed class LedgerCosignerTests : IDisposable
{
    private readonly TestLedger _test = new();
    private readonly List<Witness> _witnesses = [];
    private readonly HashSet<string> _down = [];

    [Fact]
    public async Task A_cosigned_ledger_verifies_with_its_quorum_and_without_one()
    {
        await using (var recorder = await _test.StartAsync())
        {
            using var cosigner = Cosigner(recorder.Ledger);
            for (var round = 0; round < 3; round++)
            {
                await TestLedger.WriteSessionsAsync(recorder, sessions: 2, commands: 100, agent: $"agent-{round}");
                var result = await cosigner.CosignAsync(CancellationToken.None);
                Assert.Empty(result.Problems);
                Assert.True(result.HasQuorum);
            }
        }
        var verified = LedgerVerifier.Verify(_test.Directory, Policy());
        Assert.Empty(verified.Findings);
        Assert.Equal(["w0", "w1"], verified.Witnesses.Select(witness => witness.Witness));
        Assert.Empty(_test.Verify().Findings);
        await using (await _test.StartAsync())
        {
        }
    }

    [Fact]
    public async Task A_fork_signed_with_the_real_key_fails_for_lack_of_a_quorum()
    {
        await WriteCosignedAsync();
        var leaves = await _test.LeavesAsync();
        var fork = await _test.ForgeAsync(leaves.Take(10));
        Assert.Equal(0, LedgerVerifier.Verify(fork, _test.Key).Findings.Count(finding => finding.Where.Contains("checkpoint", StringComparison.Ordinal)));
        Assert.Contains(LedgerVerifier.Verify(fork, Policy()).Findings, finding => finding.What.Contains("no witness of the policy cosigned it", StringComparison.Ordinal));

        File.Copy(Path.Combine(_test.Directory, "checkpoint.cosigned"), Path.Combine(fork, "checkpoint.cosigned"));
        Assert.Contains(LedgerVerifier.Verify(fork, Policy()).Findings, finding => finding.What.Contains("the log was cut", StringComparison.Ordinal));

        var changed = leaves.ToList();
        changed[5] = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(changed[5]).Replace("clinic", "clinik", StringComparison.Ordinal));
        var longer = await _test.ForgeAsync([.. changed, .. leaves.TakeLast(1)], "longer");
        File.Copy(Path.Combine(_test.Directory, "checkpoint.cosigned"), Path.Combine(longer, "checkpoint.cosigned"));
        Assert.Contains(LedgerVerifier.Verify(longer, Policy()).Findings, finding => finding.What.Contains("the log was forked", StringComparison.Ordinal));
    }

    [Fact]
    public async Task One_witness_of_two_is_no_quorum_and_says_who_is_missing()
    {
        await using var recorder = await _test.StartAsync();
        using var cosigner = Cosigner(recorder.Ledger);
        _down.Add("w1");
        var result = await cosigner.CosignAsync(CancellationToken.None);
        Assert.False(result.HasQuorum);
        Assert.Equal("w1: it gives no answer", Assert.Single(result.Problems));
        Assert.False(File.Exists(Path.Combine(_test.Directory, "checkpoint.cosigned")));
        _down.Clear();
        Assert.True((await cosigner.CosignAsync(CancellationToken.None)).HasQuorum);
    }

    [Fact]
    public async Task A_ledger_that_was_rolled_back_is_recognised_by_its_own_signature()
    {
        await WriteCosignedAsync();
        var leaves = await _test.LeavesAsync();
        var old = await _test.ForgeAsync(leaves.Take(20));
        await using var ledger = await Ledger.OpenAsync(_test.Options with { Directory = old });
        using var cosigner = Cosigner(ledger);
        var result = await cosigner.CosignAsync(CancellationToken.None);
        Assert.True(result.SeenSize > 20);
        Assert.False(result.HasQuorum);
    }

    [Fact]
    public async Task A_bundle_carries_the_cosignatures_and_a_fork_of_it_does_not_verify()
    {
        await using var recorder = await _test.StartAsync();
        using var cosigner = Cosigner(recorder.Ledger);
        await TestLedger.WriteSessionsAsync(recorder, sessions: 2, commands: 3);
        var plain = await ExportAsync(recorder);
        recorder.SignHead = cosigner.SignHeadAsync;
        var bundle = await ExportAsync(recorder);
        var result = BundleVerifier.Verify(new MemoryStream(bundle), Policy());
        Assert.Empty(result.Findings);
        Assert.Equal(2, result.Witnesses.Count);
        Assert.Empty(BundleVerifier.Verify(new MemoryStream(bundle), _test.Key).Findings);
        Assert.Contains(BundleVerifier.Verify(new MemoryStream(plain), Policy()).Findings, finding => finding.What.Contains("no witness", StringComparison.Ordinal));
    }

    public void Dispose()
    {
        _witnesses.ForEach(witness => witness.Dispose());
        _test.Dispose();
    }

    private static async Task<byte[]> ExportAsync(Recorder recorder)
    {
        var bytes = new MemoryStream();
        await recorder.ExportAsync(EvidenceFilter.ForPeriod(DateTimeOffset.UnixEpoch, DateTimeOffset.MaxValue), TestLedger.Person, bytes, CancellationToken.None);
        return bytes.ToArray();
    }

    private async Task WriteCosignedAsync()
    {
        await using var recorder = await _test.StartAsync();
        await TestLedger.WriteSessionsAsync(recorder, sessions: 3, commands: 5);
        using var cosigner = Cosigner(recorder.Ledger);
        Assert.True((await cosigner.CosignAsync(CancellationToken.None)).HasQuorum);
    }

    private LedgerCosigner Cosigner(Ledger ledger)
    {
        for (var i = _witnesses.Count; i < 2; i++)
        {
            _witnesses.Add(Witness.Open(_test.PathOf($"w{i}"), $"witness.example/w{i}", [VerificationKey.Parse(ledger.VerifierKey)], TimeProvider.System));
        }
        return new LedgerCosigner(ledger, Policy(), new Network(_witnesses, _down));
    }

    private TrustPolicy Policy() => TrustPolicy.Parse(Encoding.UTF8.GetBytes(
        $"log {VerificationKey.Format(TestLedger.Origin, _test.Key.PublicKey)}\n"
        + string.Concat(_witnesses.Select((witness, i) => $"witness w{i} {witness.VerifierKey} https://w{i}.example/sub\n")) + "group all-of-them all w0 w1\nquorum all-of-them\n"));

    /// <summary>Carries requests to witnesses in this process.</summary>
    private sealed class Network(List<Witness> witnesses, HashSet<string> down) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var host = request.RequestUri!.Host.Split('.')[0];
            var witness = witnesses[host[1] - '0'];
            var path = request.RequestUri.AbsolutePath;
            if (down.Contains(host))
            {
                throw new HttpRequestException("down");
            }
            var answer = request.Content is { } body && path == "/sub/add-checkpoint"
                ? witness.AddCheckpoint(await body.ReadAsByteArrayAsync(cancellationToken))
                : witness.Newest(path.Split('/')[2]);
            return new HttpResponseMessage((HttpStatusCode)answer.Status) { Content = new ByteArrayContent(answer.Body) };
        }
    }
}
