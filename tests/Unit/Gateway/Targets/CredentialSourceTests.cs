using Sallyport.Gateway.Targets;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Gateway.Targets;

public sealed class CredentialSourceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("secret", "secret")]
    [InlineData("secret\n", "secret")]
    [InlineData("secret\r\n", "secret")]
    [InlineData(" secret \n\n", " secret \n")]
    public async Task A_file_is_read_without_its_last_line_break(string content, string password)
    {
        var file = Path.Combine(_folder.Path, "password");
        await File.WriteAllTextAsync(file, content);
        Assert.Equal(password, await CredentialSource.FromFile(file).ReadPasswordAsync(default));
    }

    [Fact]
    public async Task A_missing_empty_or_endless_file_is_unusable()
    {
        var file = Path.Combine(_folder.Path, "password");
        await UnusableAsync(CredentialSource.FromFile(file));
        await File.WriteAllTextAsync(file, "\n");
        await UnusableAsync(CredentialSource.FromFile(file));
        await File.WriteAllTextAsync(file, new string('x', CredentialSource.MaxPasswordBytes + 1));
        await UnusableAsync(CredentialSource.FromFile(file));
        await UnusableAsync(CredentialSource.FromFile("/dev/zero"));
    }

    [Fact]
    public async Task An_environment_variable_is_read_when_it_is_set()
    {
        var variable = "SALLYPORT_TEST_" + Path.GetFileName(_folder.Path);
        await UnusableAsync(CredentialSource.FromEnvironment(variable));
        Environment.SetEnvironmentVariable(variable, "secret");
        Assert.Equal("secret", await CredentialSource.FromEnvironment(variable).ReadPasswordAsync(default));
    }

    private static async Task UnusableAsync(CredentialSource source) =>
        Assert.Equal(TargetFailure.Authentication, (await Assert.ThrowsAsync<TargetUnavailableException>(async () => await source.ReadPasswordAsync(default))).Failure);
}
