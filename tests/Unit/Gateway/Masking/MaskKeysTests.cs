using System.Text;
using Sallyport.Gateway.Masking;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Gateway.Masking;

public sealed class MaskKeysTests
{
    private static readonly MaskKeyRing Ring = MaskKeyRing.Parse("1 " + new string('a', 64));

    private readonly TokenVaults _vaults = new(new ManualTime());

    [Fact]
    public void A_digest_depends_on_tag_value_and_where_one_ends()
    {
        using var keys = MaskKeys.ForSession();
        var digests = new HashSet<string>(StringComparer.Ordinal) { Digest(keys, "a", "bc"), Digest(keys, "ab", "c"), Digest(keys, "a", "bd"), Digest(keys, "b", "bc") };
        Assert.Equal(4, digests.Count);
        Assert.Contains(Digest(keys, "a", "bc"), digests);
    }

    [Fact]
    public void Keys_are_gone_once_disposed()
    {
        var keys = MaskKeys.ForSession();
        var key = keys.For(TokenScope.Session);
        Digest(keys, "a", "b");
        keys.Dispose();
        Assert.Throws<ObjectDisposedException>(() => Digest(keys, "a", "b"));
        Assert.Throws<ObjectDisposedException>(() => key.Digest("a"u8, "b"u8, new byte[32]));
    }

    [Fact]
    public void A_scope_decides_which_sessions_share_tokens()
    {
        using var first = MaskKeys.ForSession(Ring, _vaults, "clinic", "p_1", "issuer run-1");
        using var second = MaskKeys.ForSession(Ring, _vaults, "clinic", "p_1", "issuer run-1");
        using var otherRun = MaskKeys.ForSession(Ring, _vaults, "clinic", "p_1", "issuer run-2");
        using var otherTarget = MaskKeys.ForSession(Ring, _vaults, "lab", "p_1", "issuer run-1");
        using var noRun = MaskKeys.ForSession(Ring, _vaults, "clinic", "p_1", "");

        Assert.NotEqual(Digest(first, TokenScope.Session), Digest(second, TokenScope.Session));
        Assert.Equal(Digest(first, TokenScope.Run), Digest(second, TokenScope.Run));
        Assert.NotEqual(Digest(first, TokenScope.Run), Digest(otherRun, TokenScope.Run));
        Assert.NotEqual(Digest(first, TokenScope.Run), Digest(otherTarget, TokenScope.Run));
        Assert.Equal(Digest(first, TokenScope.Target), Digest(otherRun, TokenScope.Target));
        Assert.NotEqual(Digest(first, TokenScope.Target), Digest(otherTarget, TokenScope.Target));
        Assert.NotEqual(Digest(first, TokenScope.Target), Digest(first, TokenScope.Run));
        Assert.Equal(Digest(noRun, TokenScope.Run), Digest(noRun, TokenScope.Session));
    }

    [Fact]
    public void A_keys_name_tells_its_scope_and_epoch()
    {
        using var keys = MaskKeys.ForSession(MaskKeyRing.Parse($"1 {new string('a', 64)}\n2 {new string('b', 64)}"), _vaults, "clinic", "p_1", "r");
        Assert.Matches("^s[a-p]{4}$", keys.For(TokenScope.Session).Id);
        Assert.Matches("^r[a-p]{4}$", keys.For(TokenScope.Run).Id);
        Assert.Matches("^t2[a-p]{4}$", keys.For(TokenScope.Target).Id);
    }

    [Fact]
    public void Without_stored_keys_no_token_outlives_a_session()
    {
        using var keys = MaskKeys.ForSession();
        Assert.Throws<InvalidOperationException>(() => keys.For(TokenScope.Target));
    }

    private static string Digest(MaskKeys keys, string tag, string value)
    {
        var digest = new byte[32];
        keys.For(TokenScope.Session).Digest(Encoding.UTF8.GetBytes(tag), Encoding.UTF8.GetBytes(value), digest);
        return Convert.ToHexString(digest);
    }

    private static string Digest(MaskKeys keys, TokenScope scope)
    {
        var digest = new byte[32];
        keys.For(scope).Digest("MRN"u8, "1"u8, digest);
        return Convert.ToHexString(digest);
    }
}
