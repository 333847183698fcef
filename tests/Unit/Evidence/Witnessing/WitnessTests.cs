using System.Security.Cryptography;
using System.Text;
using Sallyport.Evidence.Log;
using Sallyport.Evidence.Verification;
using Sallyport.Evidence.Witnessing;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Evidence.Witnessing;

/// <summary>The witness, first against the requests that the tests of another implementation (litewitness) send, then against a log of ours.</summary>
public sealed class WitnessTests : IDisposable
{
    private const string Origin = "sigsum.org/v1/tree/4d6d8825a6bb689d459628312889dfbb0bcd41b5211d9e1ce768b0ff0309e562";
    private const string Size1 = "1\nKgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
    private const string Signature1 = "UgIom7fPZTqpxWWhyjWduBvTvGVqsokMbqTArsQilegKoFBJQjUFAmQ0+YeSPM3wfUQMFSzVnnNuWRTYrajXpNUbIQY=";
    private const string Size3 = "3\nRcCI1Nk56ZcSmIEfIn0SleqtV7uvrlXNccFx595Iwl0=\n";
    private const string Signature3 = "UgIom2VbtIcdFbwFAy1n7s6IkAxIY6J/GQOTuZF2ORV39d75cbAj2aQYwyJre36kezNobZs4SUUdrcawfAB8WVrx6go=";
    private const string Size5 = "5\nQrtXrQZCCvpIgsSmOsah7HdICzMLLyDfxToMql9WTjY=\n";
    private const string Signature5 = "UgIomw/EOJmWi0i1FQsOj+etB7F8IccFam/jgd6wzRns4QPVmyEZtdvl1U2KEmLOZ/ASRcWJi0tW90dJWAShei7sDww=";
    private const string From1To3 = "KgEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\nKgIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
    private const string From1To5 = "KgEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n+fUDV+k970B4I3uKrqJM4aP1lloPZP8mvr2Z4wRw2LI=\nKgQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
    private const string From3To5 = "KgIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\nKgMAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\nwgiIFdZfYNv6WU1OllBKsWnLYIS/DBMqt8Uh/S4OukE=\nKgQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";

    private readonly TemporaryFolder _folder = new();
    private readonly ManualTime _time = new();
    private readonly VerificationKey _log =
        VerificationKey.Parse(VerificationKey.Format(Origin, Convert.FromHexString("ffdc2d4d98e4124d3feaf788c0c2f9abfd796083d1f0495437f302ec79cf100f")));

    [Fact]
    public void It_answers_as_another_implementation_does()
    {
        using var witness = Open();
        Assert.Equal(404, witness.Newest(OriginHash).Status);
        AssertCosigned(witness, Send(witness, 0, "", Size1, Signature1), Size1, Signature1);
        Assert.Equal(403, Send(witness, 1, From1To3, Size3, Signature3.Replace("6go=", "6gx=", StringComparison.Ordinal).Replace("6gx=", "6gw=", StringComparison.Ordinal)).Status);
        Assert.Equal(404, Send(witness, 1, From1To3, Size3, Signature3, Origin[..^1] + "3").Status);
        Assert.Equal(422, Send(witness, 1, "", Size3, Signature3).Status);
        Assert.Equal(422, Send(witness, 1, From1To3.Replace("KgIA", "KgJA", StringComparison.Ordinal), Size3, Signature3).Status);
        AssertCosigned(witness, Send(witness, 1, From1To3, Size3, Signature3), Size3, Signature3);
        AssertConflict("3\n", Send(witness, 1, From1To5, Size5, Signature5));
        AssertCosigned(witness, Send(witness, 3, From3To5, Size5, Signature5), Size5, Signature5);
        AssertConflict("5\n", Send(witness, 0, "", Size5, Signature5));
        Assert.Equal(200, Send(witness, 5, "", Size5, Signature5).Status);
        Assert.Equal(422, Send(witness, 5, From3To5, Size5, Signature5).Status);
    }

    [Fact]
    public void Old_sizes_and_bodies_that_cannot_be_are_bad_requests()
    {
        using var witness = Open();
        Assert.Equal(400, Send(witness, 4, "", Size3, Signature3).Status);
        Assert.Equal(422, Send(witness, 0, From1To3, Size3, Signature3).Status);
        foreach (var body in (string[])["", "old 0", "old 00\n\n", "new 0\n\nx\n", "old -1\n\nx\n", "old 0\nabc\n\nx\n", "old 0\n" + string.Concat(Enumerable.Repeat(Size1[2..], 64)) + "\nx\n"])
        {
            Assert.Equal(400, witness.AddCheckpoint(Encoding.UTF8.GetBytes(body)).Status);
        }
    }

    [Fact]
    public void What_was_cosigned_is_remembered_after_a_restart()
    {
        using (var witness = Open())
        {
            Assert.Equal(200, Send(witness, 0, "", Size3, Signature3).Status);
            Assert.Throws<LedgerUnavailableException>(Open);
        }
        using var again = Open();
        AssertConflict("3\n", Send(again, 0, "", Size1, Signature1));
        var newest = again.Newest(OriginHash);
        Assert.Equal(200, newest.Status);
        Assert.True(SignedNote.Parse(newest.Body).IsSignedBy(_log, Origin));
        Assert.True(SignedNote.Parse(newest.Body).IsSignedBy(VerificationKey.Parse(again.VerifierKey), again.Name));
    }

    [Fact]
    public void An_empty_tree_has_one_root()
    {
        using var key = SigningKey.FromSeed(new byte[32]);
        using var witness = Witness.Open(_folder.File("witness"), "w.example/1", [VerificationKey.Parse(VerificationKey.Format("log.example", key.PublicKey))], _time);
        Assert.Equal(422, Sign(new Checkpoint("log.example", 0, new byte[32])).Status);
        Assert.Equal(200, Sign(new Checkpoint("log.example", 0, SHA256.HashData([]))).Status);
        Assert.Equal(200, Sign(new Checkpoint("log.example", 7, new byte[32])).Status);
        // Somebody with the log's key signs another tree of the same size: a fork.
        Assert.Equal(409, Sign(new Checkpoint("log.example", 7, [.. Enumerable.Repeat((byte)1, 32)])).Status);
        Assert.Equal(422, Sign(new Checkpoint("log.example", 7, [.. Enumerable.Repeat((byte)1, 32)]), 7).Status);

        WitnessAnswer Sign(Checkpoint head, long old = 0) =>
            witness.AddCheckpoint(new AddCheckpointRequest(old, [], key.SignNote(head.Origin, head.Format())).Format());
    }

    [Fact]
    public void Every_consistency_proof_of_small_trees_verifies_and_none_of_its_changes()
    {
        var leaves = Enumerable.Range(0, 40).Select(i => Merkle.HashLeaf([(byte)i])).ToList();
        byte[] Subtree(long start, long end) => Merkle.Root(leaves.GetRange((int)start, (int)(end - start)));
        for (var size = 1; size <= leaves.Count; size++)
        {
            for (var old = 1; old <= size; old++)
            {
                var proof = ConsistencyProof.Build(old, size, Subtree);
                Assert.True(Merkle.VerifyConsistency(old, Subtree(0, old), size, Subtree(0, size), proof));
                if (proof.Count > 0)
                {
                    Assert.False(Merkle.VerifyConsistency(old, Subtree(0, old), size, Subtree(0, size), [.. proof.Skip(1)]));
                    Assert.False(Merkle.VerifyConsistency(old, leaves[0].Reverse().ToArray(), size, Subtree(0, size), proof));
                }
            }
        }
    }

    public void Dispose() => _folder.Dispose();

    private static string OriginHash => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Origin)));

    private static WitnessAnswer Send(Witness witness, long old, string proof, string head, string signature, string origin = Origin) =>
        witness.AddCheckpoint(Encoding.UTF8.GetBytes($"old {old}\n{proof}\n{origin}\n{head}\n— {origin} {signature}\n"));

    private static void AssertConflict(string size, WitnessAnswer answer)
    {
        Assert.Equal(409, answer.Status);
        Assert.Equal("text/x.tlog.size", answer.ContentType);
        Assert.Equal(size, Encoding.UTF8.GetString(answer.Body));
    }

    private static void AssertCosigned(Witness witness, WitnessAnswer answer, string head, string signature)
    {
        Assert.Equal(200, answer.Status);
        var note = SignedNote.Parse(Encoding.UTF8.GetBytes($"{Origin}\n{head}\n— {Origin} {signature}\n{Encoding.UTF8.GetString(answer.Body)}"));
        Assert.True(note.IsSignedBy(VerificationKey.Parse(witness.VerifierKey), witness.Name));
    }

    private Witness Open() => Witness.Open(_folder.File("witness"), "example.com/witness", [_log], _time);
}
