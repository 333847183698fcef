using System.Text;
using Sallyport.Evidence.Verification;

namespace Sallyport.Unit.Evidence.Verification;

/// <summary>Notes, keys and cosignatures that others made: examples of the C2SP specifications, and checkpoints of public logs.</summary>
public sealed class PublishedNotesTests
{
    /// <summary>A checkpoint of a public Certificate Transparency log of June 2026 with the cosignatures of four public witnesses.</summary>
    private const string PublicCheckpoint = """
        arche2025h1.staging.ct.transparency.dev
        1432088532
        U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=

        — arche2025h1.staging.ct.transparency.dev zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=
        — arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=
        — transparency.dev/DEV:witness-little-garden 2AQqhwAAAABqEiEgzgFIqqhbUoDwjMWE6UP8nd8/KYTzwZ2rhIgcqoXHAwVkjZr4AscylP3v7sEodkRAErumC2q44vdgJY096st5BQ==
        — witness1.smartit.nu/witness1 pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/iEcxZ75W3u5hNI7TOQtmJbqmNWVuE0tgh0XwzdZsDsUAQ==
        — remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==
        — witness.stagemole.eu Z/euoAAAAABqEiEgw0i+7g2ENfDAWHmtRzCfKTHSDwYDJA2NmKeGi9Y8FtEyOUvVr+AJmIY/2TUFucgKi7lI7cUiOvKFYe/TmN9DAg==

        """;

    private const string PublicPolicy = """
        # A log of Certificate Transparency and public witnesses
        log arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f
        witness garden transparency.dev/DEV:witness-little-garden+d8042a87+BCtusOxINQNUTN5Oj8HObRkh2yHf/MwYaGX4CPdiVEPM
        witness smartit witness1.smartit.nu/witness1+a48c820f+BPSFWg9G6KPiO7QPryYO5Xq4oYJJ+kAvLKLSimDhoxMO
        witness remora  remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2
        witness mole    witness.stagemole.eu+67f7aea0+BEqSG3yu9YrmcM3BHvQYTxwFj3uSWakQepafafpUqklv https://witness.stagemole.eu/
        witness navigli witness.navigli.sunlight.geomys.org+a3e00fe2+BNy/co4C1Hn1p+INwJrfUlgz7W55dSZReusH/GhUhJ/G
        group north 2 garden smartit
        group south any mole navigli
        group both all north south
        quorum both
        """;

    [Fact]
    public void A_cosigned_checkpoint_of_a_public_log_opens_with_its_witnesses()
    {
        var opened = OpenedCheckpoint.Open(Encoding.UTF8.GetBytes(PublicCheckpoint), TrustPolicy.Parse(Encoding.UTF8.GetBytes(PublicPolicy)));
        Assert.Equal(1432088532, opened.Head.Size);
        Assert.True(opened.HasQuorum);
        Assert.Equal(["garden", "smartit", "remora", "mole"], opened.Witnesses.Select(witness => witness.Witness));
        Assert.All(opened.Witnesses, witness => Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(0x6A122120), witness.Time));
        Assert.Equal(["arche2025h1.staging.ct.transparency.dev"], opened.Unknown);
    }

    [Theory]
    [InlineData("quorum both", "quorum navigli", false)]
    [InlineData("any mole navigli", "all mole navigli", false)]
    [InlineData("any mole navigli", "1 mole navigli", true)]
    [InlineData("quorum both", "quorum north", true)]
    [InlineData("quorum both", "quorum none", true)]
    public void The_quorum_decides(string from, string to, bool expected)
    {
        var policy = TrustPolicy.Parse(Encoding.UTF8.GetBytes(PublicPolicy.Replace(from, to, StringComparison.Ordinal)));
        Assert.Equal(expected, OpenedCheckpoint.Open(Encoding.UTF8.GetBytes(PublicCheckpoint), policy).HasQuorum);
    }

    [Theory]
    [InlineData("1432088532", "1432088533")]
    [InlineData("EiEgzgFI", "EiEgzgFJ")]
    [InlineData("2AQqhwAAAABqEiEg", "2AQqhwAAAABqEiEh")]
    public void A_changed_cosignature_of_a_known_witness_spoils_the_note(string from, string to)
    {
        var changed = PublicCheckpoint.Replace(from, to, StringComparison.Ordinal);
        Assert.NotEqual(PublicCheckpoint, changed);
        Assert.Throws<FormatException>(() => OpenedCheckpoint.Open(Encoding.UTF8.GetBytes(changed), TrustPolicy.Parse(Encoding.UTF8.GetBytes(PublicPolicy))));
    }

    /// <summary>Checkpoints of two public logs that sign with ECDSA P-256 (signature type 0x02).</summary>
    [Theory]
    [InlineData(
        "rekor.sigstore.dev+c0d23d6a+AjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABNhtmPtrWm3U1eQXBogSMdGvXwBcK5AW5i0hrZLOC96l+smGNM7nwZ4QvFK/4sueRoVj//QP22Ni4Qt9DPfkWLc=",
        "Rekor\n798034\nf+7CoKgXKE/tNys9TTXcr/ad6U/K3xvznmzew9y6SP0=\n\n— rekor.sigstore.dev wNI9ajBEAiARInWIWyCdyG27CO6LPnPekyw20qO0YJfoaPaowGp/XgIgc+qEHS3+GKVClgqq20uDLet7MCoTURUCRdxwWBHHufk=\n")]
    [InlineData(
        "pixel6_transparency_log+91c16e30+AjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABN+4x0Jk1yTwvLFI9A4NDdGZcX0aiWVdWM5XJVy0M4VWD3AvyW5Q6Hs9A0mcDkpUoYgn+KKPNzFC0H3nN3q6JQ8=",
        "DEFAULT\n10\nbsWRucJU5xJPHb5eBdOm6+DM+VelCZBuvtI3sHERJ9Y=\n\n— pixel6_transparency_log kcFuMDBFAiEAhqMAP8P6qf6QxtUJhzMhbN+MbZ9dwfUHzGQJmffJHtoCIGD0cNe47dHWBoPwYdgBCepB06/+g5O1FmYjXl06owL4\n")]
    public void An_ECDSA_signature_of_a_public_log_is_accepted(string verifierKey, string text)
    {
        var key = VerificationKey.Parse(verifierKey);
        Assert.Equal(SignatureType.EcdsaP256, key.Type);
        var note = SignedNote.Parse(Encoding.UTF8.GetBytes(text));
        Assert.Equal(SignatureState.Valid, note.StateOf(key, key.Name!));
        var changed = SignedNote.Parse(Encoding.UTF8.GetBytes("X" + text));
        Assert.Equal(SignatureState.Wrong, changed.StateOf(key, key.Name!));
        Assert.Equal(SignatureState.Absent, note.StateOf(key, "another"));
    }

    [Fact]
    public void The_example_of_tlog_cosignature_is_read_line_by_line()
    {
        const string Text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
        const string Witness = "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==";
        var line = NoteSignature.Parse(Witness);
        Assert.Equal(1679315147, Cosignature.TimeOf(line.Signature)!.Value.ToUnixTimeSeconds());
        Assert.Equal(Witness + "\n", line.Format());
        Assert.Equal("cosignature/v1\ntime 1679315147\n" + Text, Encoding.UTF8.GetString(Cosignature.Ed25519Message(1679315147, Text)));
        Assert.Equal(20852163, Checkpoint.Parse(Text).Size);
    }

    [Fact]
    public void The_ML_DSA_message_is_laid_out_as_the_specification_says()
    {
        var message = Cosignature.MlDsaMessage("w1", 0x0102030405060708, new Checkpoint("a.example/log", 258, [.. Enumerable.Repeat((byte)0xAB, 32)]));
        Assert.Equal(
            "737562747265652f76310a00" + "02" + "7731" + "0102030405060708" + "0d" + Convert.ToHexStringLower("a.example/log"u8) + "0000000000000000" + "0000000000000102"
            + string.Concat(Enumerable.Repeat("ab", 32)),
            Convert.ToHexStringLower(message));
        Assert.Throws<FormatException>(() => Cosignature.MlDsaMessage(new string('w', 256), 1, new Checkpoint("a", 1, new byte[32])));
    }
}
