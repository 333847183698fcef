using System.Text.Json;
using Sallyport.Gateway.Tokens;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Gateway.Tokens;

public sealed class TokenKeyRingTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 11, 21, 0, 0, 0, TimeSpan.Zero);

    private readonly TemporaryFolder _folder = new();

    private string File => _folder.File("token.keys");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_token_of_the_old_key_is_good_until_its_end_and_no_longer()
    {
        await using var gateway = await ExchangeFixture.CreateAsync();
        var old = await gateway.IssueAsync(gateway.Human(), gateway.Pipeline(), lifetime: TimeSpan.FromHours(1));
        var first = gateway.Keys.CurrentId;
        Assert.True(gateway.Keys.Rotate(gateway.Time.GetUtcNow()));
        Assert.NotEqual(first, gateway.Keys.CurrentId);
        gateway.Time.Advance(TimeSpan.FromMinutes(59));
        await gateway.EnterAsync(old.Token);
        await gateway.EnterAsync((await gateway.IssueAsync(old.Token)).Token);
        gateway.Time.Advance(TimeSpan.FromMinutes(10));
        gateway.Keys.Maintain(gateway.Time.GetUtcNow(), TimeSpan.FromDays(30));
        Assert.DoesNotContain(first, gateway.Keys.Document);
    }

    [Fact]
    public async Task A_key_that_has_reached_its_age_is_replaced_at_the_next_token_and_that_is_recorded()
    {
        await using var gateway = await ExchangeFixture.CreateAsync();
        gateway.Time.Advance(TimeSpan.FromDays(31));
        await gateway.IssueAsync(gateway.Human(), gateway.Pipeline());
        Assert.Equal([gateway.Keys.CurrentId], gateway.Recorded("token.key", "key"));
    }

    [Fact]
    public void Keys_outlive_a_restart_and_are_for_their_owner_only()
    {
        using (var first = TokenKeyRing.LoadOrCreate(File, Start))
        {
            first.Rotate(Start.AddMinutes(1));
            using var second = TokenKeyRing.LoadOrCreate(File, Start.AddMinutes(2));
            Assert.Equal(first.Document, second.Document);
            Assert.Equal(2, JsonDocument.Parse(second.Document).RootElement.GetProperty("keys").GetArrayLength());
            Assert.DoesNotContain("\"d\"", second.Document);
        }
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(File));
        System.IO.File.SetUnixFileMode(File, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        Assert.Throws<InvalidDataException>(() => TokenKeyRing.LoadOrCreate(File, Start));
    }

    [Fact]
    public void A_file_that_holds_no_keys_is_refused_without_being_quoted()
    {
        System.IO.File.WriteAllText(File, "[{\"Id\":\"x\",\"Key\":\"secret-text\"}]");
        System.IO.File.SetUnixFileMode(File, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var problem = Assert.Throws<InvalidDataException>(() => TokenKeyRing.LoadOrCreate(File, Start));
        Assert.DoesNotContain("secret-text", problem.ToString());
    }

    [Fact]
    public void There_is_a_limit_to_keys_that_are_needed_at_a_time()
    {
        using var ring = TokenKeyRing.LoadOrCreate(File, Start);
        for (var made = 1; made < TokenKeyRing.MaxKeys; made++)
        {
            Assert.True(ring.Rotate(Start));
        }
        Assert.False(ring.Rotate(Start));
        Assert.True(ring.Rotate(Start.AddHours(2)));
    }
}
