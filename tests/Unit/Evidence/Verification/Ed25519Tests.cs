using System.Text;
using Sallyport.Evidence.Log;
using Sallyport.Evidence.Verification;

namespace Sallyport.Unit.Evidence.Verification;

public sealed class Ed25519Tests
{
    /// <summary>RFC 8032 section 7.1, tests 1, 2, 3 and SHA(abc): secret key, public key, message, signature.</summary>
    public static TheoryData<string, string, string, string> Vectors => new()
    {
        {
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        },
        {
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        },
        {
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        },
        {
            "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
            "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"
        },
    };

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Both_implementations_accept_the_vectors_of_the_standard_and_nothing_near_them(string secret, string publicKey, string message, string signature)
    {
        var (key, text, sign) = (Convert.FromHexString(publicKey), Convert.FromHexString(message), Convert.FromHexString(signature));
        using (var signer = SigningKey.FromSeed(Convert.FromHexString(secret)))
        {
            Assert.Equal(key, signer.PublicKey);
            Assert.Equal(sign, signer.Sign(text));
        }
        Assert.True(Ed25519.VerifyNatively(key, text, sign));
        Assert.True(ManagedEd25519.Verify(key, text, sign));
        foreach (var position in (int[])[0, 31, 32, 63])
        {
            var changed = sign.ToArray();
            changed[position] ^= 1;
            Assert.False(Ed25519.VerifyNatively(key, text, changed));
            Assert.False(ManagedEd25519.Verify(key, text, changed));
        }
        Assert.False(Ed25519.VerifyNatively(key, [.. text, 0], sign));
        Assert.False(ManagedEd25519.Verify(key, [.. text, 0], sign));
    }

    [Fact]
    public void A_signature_with_a_scalar_beyond_the_group_order_is_refused()
    {
        // The same signature plus the order of the group: the malleable form RFC 8032 section 5.1.7 forbids.
        var key = Convert.FromHexString("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
        var sign = Convert.FromHexString(
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b");
        var order = Convert.FromHexString("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
        var carry = 0;
        for (var i = 0; i < 32; i++)
        {
            carry += sign[32 + i] + order[i];
            sign[32 + i] = (byte)carry;
            carry >>= 8;
        }
        Assert.False(ManagedEd25519.Verify(key, [], sign));
        Assert.False(Ed25519.VerifyNatively(key, [], sign));
    }

    [Fact]
    public void The_example_note_of_the_specification_is_accepted()
    {
        var key = VerificationKey.Parse("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k");
        var text = "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
        var note = SignedNote.Parse(Encoding.UTF8.GetBytes(text));
        Assert.Equal("This is an example message.\n", note.Text);
        Assert.True(note.IsSignedBy(key, "example.com/foo"));
        Assert.False(note.IsSignedBy(key, "example.com/bar"));
        var changed = SignedNote.Parse(Encoding.UTF8.GetBytes(text.Replace("an example", "my example", StringComparison.Ordinal)));
        Assert.False(changed.IsSignedBy(key, "example.com/foo"));
    }

    [Fact]
    public void A_note_of_ours_is_read_back_and_its_key_survives_both_text_forms()
    {
        using var signer = SigningKey.FromSeed(new byte[32]);
        var checkpoint = new Checkpoint("gw.example/audit", 7, new byte[32]);
        var note = signer.SignNote(checkpoint.Origin, checkpoint.Format());
        foreach (var key in (string[])[VerificationKey.Format(checkpoint.Origin, signer.PublicKey), VerificationKey.FormatPem(signer.PublicKey)])
        {
            Assert.True(checkpoint.SameAs(Checkpoint.Open(note, VerificationKey.Parse(key))));
        }
        for (var i = 0; i < note.Length; i++)
        {
            var changed = note.ToArray();
            changed[i] ^= 1;
            Assert.ThrowsAny<FormatException>(() => Checkpoint.Open(changed, VerificationKey.Parse(VerificationKey.FormatPem(signer.PublicKey))));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")]
    [InlineData("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2")]
    [InlineData("-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----")]
    public void A_key_that_is_none_is_refused(string text) => Assert.Throws<FormatException>(() => VerificationKey.Parse(text));
}
