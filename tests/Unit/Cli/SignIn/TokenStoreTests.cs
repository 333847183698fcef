using Sallyport.Cli;
using Sallyport.Cli.SignIn;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Cli.SignIn;

public sealed class TokenStoreTests : IDisposable
{
    private static readonly StoredToken Token = new()
    {
        Issuer = "https://i.example",
        TokenEndpoint = "https://i.example/token",
        ClientId = "cli",
        AccessToken = "t1",
        RefreshToken = "r1",
        ObtainedAt = new DateTimeOffset(2026, 11, 21, 12, 0, 0, TimeSpan.Zero),
        Authentication = ClientAuthentication.None,
    };

    private readonly CliRun _cli = new();
    private readonly TokenStore _store;

    public TokenStoreTests() => _store = new TokenStore(_cli.Surroundings);

    public void Dispose() => _cli.Dispose();

    [Fact]
    public void What_was_kept_is_read_back()
    {
        _store.Write("default", Token);
        Assert.Equal(Token, _store.Read("default"));
        Assert.Null(_store.Read("other"));
    }

    [Fact]
    public void Only_the_owner_can_open_file_and_folder()
    {
        _store.Write("default", Token);
        _store.Write("default", Token with { AccessToken = "t2" });
        var path = _store.PathOf("default");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.GetDirectoryName(path)!));
        Assert.Single(Directory.GetFiles(Path.GetDirectoryName(path)!));
        Assert.StartsWith(Path.Combine(_cli.Home, ".local", "state", "sallyport", "tokens"), path);
    }

    [Theory]
    [InlineData(UnixFileMode.GroupRead)]
    [InlineData(UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.OtherWrite)]
    public void A_file_that_others_can_open_is_not_used(UnixFileMode more)
    {
        _store.Write("default", Token);
        var path = _store.PathOf("default");
        File.SetUnixFileMode(path, File.GetUnixFileMode(path) | more);
        Assert.Equal(ExitCode.Refused, Assert.Throws<CliException>(() => _store.Read("default")).ExitCode);
    }

    [Fact]
    public void A_damaged_file_is_named_and_not_quoted()
    {
        _store.Write("default", Token);
        File.WriteAllText(_store.PathOf("default"), "{\"accessToken\":\"t1\"");
        var exception = Assert.Throws<CliException>(() => _store.Read("default"));
        Assert.Equal(ExitCode.Malformed, exception.ExitCode);
        Assert.DoesNotContain("t1", exception.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("../x")]
    [InlineData(".x")]
    [InlineData("a/b")]
    public void A_profile_cannot_leave_the_folder(string profile) =>
        Assert.Equal(ExitCode.Usage, Assert.Throws<CliException>(() => _store.Read(profile)).ExitCode);

    [Fact]
    public async Task The_state_folder_of_the_environment_is_used()
    {
        _cli.Variables["XDG_STATE_HOME"] = Path.Combine(_cli.Home, "state");
        var store = new TokenStore(_cli.Surroundings);
        using (await store.LockAsync("a", TestContext.Current.CancellationToken))
        {
            store.Write("a", Token);
        }

        Assert.True(File.Exists(Path.Combine(_cli.Home, "state", "sallyport", "tokens", "a.json")));
    }

    [Fact]
    public async Task Only_one_process_renews_at_a_time()
    {
        var first = await _store.LockAsync("a", TestContext.Current.CancellationToken);
        var second = _store.LockAsync("a", TestContext.Current.CancellationToken);
        Assert.False(second.IsCompleted);
        first.Dispose();
        (await second).Dispose();
    }
}
