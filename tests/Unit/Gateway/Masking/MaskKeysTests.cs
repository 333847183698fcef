using System.Security.Cryptography;
using Sallyport.Gateway.Masking;

namespace Sallyport.Unit.Gateway.Masking;

public sealed class MaskKeysTests
{
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
        Digest(keys, "a", "b");
        keys.Dispose();
        Assert.Throws<ObjectDisposedException>(() => Digest(keys, "a", "b"));
    }

    private static string Digest(MaskKeys keys, string tag, string value)
    {
        var digest = new byte[SHA256.HashSizeInBytes];
        keys.Digest(System.Text.Encoding.UTF8.GetBytes(tag), System.Text.Encoding.UTF8.GetBytes(value), digest);
        return Convert.ToHexString(digest);
    }
}
