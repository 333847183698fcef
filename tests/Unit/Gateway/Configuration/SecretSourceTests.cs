using Sallyport.Gateway.Configuration;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Gateway.Configuration;

public sealed class SecretSourceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("s3cret", "s3cret")]
    [InlineData("s3cret\n", "s3cret")]
    [InlineData("s3cret\r\n", "s3cret")]
    [InlineData("two\nlines\n\n", "two\nlines\n")]
    [InlineData(" spaces ", " spaces ")]
    public void A_file_gives_its_content_without_the_last_line_end(string content, string secret)
    {
        File.WriteAllText(_folder.File("s"), content);

        Assert.Equal(secret, new SecretSource.FromFile(_folder.File("s")).Read());
    }

    [Fact]
    public void A_rotated_file_gives_the_new_secret()
    {
        var source = new SecretSource.FromFile(_folder.File("s"));
        File.WriteAllText(_folder.File("s"), "old");
        Assert.Equal("old", source.Read());

        File.WriteAllText(_folder.File("s"), "new");

        Assert.Equal("new", source.Read());
    }

    [Fact]
    public void No_secret_is_an_error_that_names_the_source_only()
    {
        File.WriteAllText(_folder.File("empty"), "\n");
        File.WriteAllText(_folder.File("long"), new string('x', SecretSource.MaxBytes + 1));
        Assert.Contains("is empty", Message("empty"));
        Assert.Contains("longer than", Message("long"));
        Assert.DoesNotContain("xx", Message("long"));
        Assert.Contains("cannot be read", Message("missing"));
        Assert.Contains("SALLYPORT_TEST_UNSET", Assert.Throws<InvalidOperationException>(() => new SecretSource.FromEnvironment("SALLYPORT_TEST_UNSET").Read()).Message);

        string Message(string name) => Assert.Throws<InvalidOperationException>(() => new SecretSource.FromFile(_folder.File(name)).Read()).Message;
    }
}
