using System.Text;
using Sallyport.Gateway.Masking;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Gateway.Masking;

public sealed class TokenVaultTests : IDisposable
{
    private const uint Text = 25;
    private const uint Uuid = 2950;

    private readonly MaskRun _run = new();

    private TokenVault Vault => _run.Keys.For(TokenScope.Session).Vault;

    public void Dispose() => _run.Dispose();

    [Theory]
    [InlineData(-1)]
    [InlineData(4 + 16)]
    [InlineData(4 + 9)]
    public void A_token_that_was_handed_out_is_exchanged_for_its_value(int modifier)
    {
        var token = Token("4711", modifier);
        Assert.Equal("4711", Exchanged(token));
        Assert.Equal(token, Token("4711", modifier));
    }

    [Fact]
    public void A_uuid_is_exchanged_in_the_format_it_came_in()
    {
        var uuid = Guid.NewGuid();
        var token = Guid.Parse(_run.Text(new MaskOperator.Token(), Uuid, uuid.ToString())!);
        Assert.Equal(uuid.ToString(), Encoding.ASCII.GetString(TokenExchange.Of(Vault, Encoding.ASCII.GetBytes(token.ToString()), "NAME", isBinary: false).Value!));
        Assert.Equal(uuid.ToByteArray(bigEndian: true), TokenExchange.Of(Vault, token.ToByteArray(bigEndian: true), "NAME", isBinary: true).Value);
        Assert.Equal(default, TokenExchange.Of(Vault, uuid.ToByteArray(bigEndian: true), "NAME", isBinary: true));
    }

    [Fact]
    public void A_token_means_nothing_for_another_tag_or_when_it_was_not_handed_out()
    {
        var token = Token("4711");
        Assert.True(TokenExchange.Of(Vault, Encoding.UTF8.GetBytes(token), "MRN", isBinary: false).IsUnknown);
        _run.Apply(new MaskOperator.Token(), new MaskedType(Text, -1, IsBinary: false), "other"u8, "MRN");
        Assert.True(TokenExchange.Of(Vault, Encoding.UTF8.GetBytes(token), "MRN", isBinary: false).IsUnknown);
        var guessed = token[..^1] + (token[^1] == 'a' ? 'b' : 'a');
        Assert.True(TokenExchange.Of(Vault, Encoding.UTF8.GetBytes(guessed), "NAME", isBinary: false).IsUnknown);
        Assert.Equal(default, TokenExchange.Of(Vault, "4711"u8, "NAME", isBinary: false));
        Assert.Equal(default, TokenExchange.Of(Vault, "abcdefgh"u8, "NAME", isBinary: false));
    }

    [Fact]
    public void Only_so_many_are_remembered_and_those_in_use_longest()
    {
        var first = Token("first");
        var kept = Token("kept");
        for (var value = 0; value < TokenVault.MaxSlots + 10; value++)
        {
            Token($"value {value}");
            if (value % 1_000 == 0)
            {
                Assert.Equal(kept, Token("kept"));
            }
        }

        Assert.True(TokenExchange.Of(Vault, Encoding.UTF8.GetBytes(first), "NAME", isBinary: false).IsUnknown);
        Assert.Equal("kept", Exchanged(kept));
        Assert.Equal("value 8000", Exchanged(Token("value 8000")));
        Assert.Equal(first, Token("first"));
        Assert.Equal("first", Exchanged(first));
    }

    [Fact]
    public void What_was_handed_out_is_what_comes_back_however_much_that_was()
    {
        var tokens = Enumerable.Range(0, 5_000).ToDictionary(value => Token($"{value:D9}"), value => $"{value:D9}");
        Assert.Equal(5_000, tokens.Count);
        Assert.All(tokens, token => Assert.Equal(token.Value, Exchanged(token.Key)));
    }

    [Fact]
    public void A_long_value_has_a_token_that_does_not_come_back()
    {
        var token = Token(new string('x', TokenVault.MaxValueBytes + 1));
        Assert.True(TokenExchange.Of(Vault, Encoding.UTF8.GetBytes(token), "NAME", isBinary: false).IsUnknown);
        Assert.Equal(new string('y', TokenVault.MaxValueBytes), Exchanged(Token(new string('y', TokenVault.MaxValueBytes))));
    }

    [Fact]
    public void Sessions_of_one_caller_share_what_a_target_scope_hands_out()
    {
        var ring = MaskKeyRing.Parse("1 " + new string('a', 64));
        var time = new ManualTime();
        var vaults = new TokenVaults(time);
        string token;
        using (var first = MaskKeys.ForSession(ring, vaults, "clinic", "p_1", ""))
        {
            token = Encoding.UTF8.GetString(MaskRun.Apply(
                ColumnMaskFactory.Create("MRN", new MaskOperator.Token(TokenScope.Target), new MaskedType(Text, -1, IsBinary: false), first, time), "4711"u8)!);
        }

        using (var second = MaskKeys.ForSession(ring, vaults, "clinic", "p_1", ""))
        using (var stranger = MaskKeys.ForSession(ring, vaults, "clinic", "p_2", ""))
        {
            Assert.Equal("4711"u8.ToArray(), TokenExchange.Of(second.For(TokenScope.Target).Vault, Encoding.UTF8.GetBytes(token), "MRN", isBinary: false).Value);
            Assert.True(TokenExchange.Of(stranger.For(TokenScope.Target).Vault, Encoding.UTF8.GetBytes(token), "MRN", isBinary: false).IsUnknown);
        }

        Assert.Equal(2, vaults.Count);
        time.Advance(TokenVaults.Kept);
        Assert.Equal(0, vaults.Count);
        using var late = MaskKeys.ForSession(ring, vaults, "clinic", "p_1", "");
        Assert.True(TokenExchange.Of(late.For(TokenScope.Target).Vault, Encoding.UTF8.GetBytes(token), "MRN", isBinary: false).IsUnknown);
    }

    [Fact]
    public void Too_many_idle_vaults_are_overwritten_the_oldest_first()
    {
        var ring = MaskKeyRing.Parse("1 " + new string('a', 64));
        var vaults = new TokenVaults(new ManualTime());
        for (var caller = 0; caller < TokenVaults.MaxIdle + 5; caller++)
        {
            using var keys = MaskKeys.ForSession(ring, vaults, "clinic", $"p_{caller}", "");
            keys.For(TokenScope.Target);
        }

        Assert.Equal(TokenVaults.MaxIdle, vaults.Count);
    }

    private string Token(string value, int modifier = -1) => _run.Text(new MaskOperator.Token(), modifier < 0 ? Text : 1043, value, modifier)!;

    private string? Exchanged(string token) =>
        TokenExchange.Of(Vault, Encoding.UTF8.GetBytes(token), "NAME", isBinary: false).Value is { } value ? Encoding.UTF8.GetString(value) : null;
}
