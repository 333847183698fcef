using Sallyport.Gateway.Masking;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Gateway.Masking;

public sealed class MaskKeyRingTests : IDisposable
{
    private const string A = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    private const string B = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Rotation_changes_tokens_and_leaves_dates_where_they_are()
    {
        var before = MaskKeyRing.Parse($"1 {A}");
        var after = MaskKeyRing.Parse($"# rotated\n2 {B}\n1 {A} # the first");
        Assert.Equal((1, 2), (before.Epoch, after.Epoch));
        Assert.NotEqual(before.TokenKey("target"), after.TokenKey("target"));
        Assert.Equal(before.ShiftKey("clinic"), after.ShiftKey("clinic"));
        Assert.NotEqual(before.ShiftKey("clinic"), before.ShiftKey("lab"));
        Assert.NotEqual(before.Fingerprint, after.Fingerprint);
        Assert.Equal(before.Fingerprint, MaskKeyRing.Parse($"1 {A.ToUpperInvariant()}\r\n").Fingerprint);
        Assert.DoesNotContain(A, before.Fingerprint, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("", "it holds 0 keys")]
    [InlineData("0 KEY", "line 1 is not an epoch")]
    [InlineData("KEY", "line 1 is not an epoch")]
    [InlineData("1 KEY\n\n2 abc", "line 3 is not an epoch")]
    [InlineData("1 KEY\n1 KEY", "line 2 has an epoch that stands there already")]
    [InlineData("10000 KEY", "line 1 is not an epoch")]
    public void What_is_wrong_with_a_key_file_is_said_without_the_keys(string text, string message)
    {
        var problem = Assert.Throws<InvalidDataException>(() => MaskKeyRing.Parse(text.Replace("KEY", A, StringComparison.Ordinal)));
        Assert.StartsWith(message, problem.Message);
        Assert.DoesNotContain(A, problem.Message);
    }

    [Fact]
    public void A_first_key_is_made_for_the_owner_only()
    {
        var path = _folder.File("mask.keys");
        var made = MaskKeyRing.LoadOrCreate(path);
        Assert.Equal(made.Fingerprint, MaskKeyRing.LoadOrCreate(path).Fingerprint);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        Assert.Throws<InvalidDataException>(() => MaskKeyRing.LoadOrCreate(path));
    }
}
