using System.Buffers.Text;
using System.Text;
using Sallyport.Cli.SignIn;

namespace Sallyport.Unit.Cli.SignIn;

public sealed class TokenFactsTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void The_expiry_is_read_off_a_signed_token() =>
        Assert.Equal(Now.AddMinutes(5), TokenFacts.ExpiryOf(Jwt($$"""{"exp":{{Now.AddMinutes(5).ToUnixTimeSeconds()}}}""")));

    [Theory]
    [InlineData("opaque")]
    [InlineData("a.b")]
    [InlineData("a.!!!.c")]
    [InlineData("a.e30.c")]
    [InlineData("a.W10.c")]
    [InlineData("a.e3.c")]
    public void Anything_else_has_no_expiry(string token) => Assert.Null(TokenFacts.ExpiryOf(token));

    [Theory]
    [InlineData("\"soon\"")]
    [InlineData("1e300")]
    [InlineData("-5")]
    public void A_nonsensical_expiry_is_none(string exp) => Assert.Null(TokenFacts.ExpiryOf(Jwt($$"""{"exp":{{exp}}}""")));

    [Fact]
    public void The_earlier_of_answer_and_token_counts()
    {
        var token = Jwt($$"""{"exp":{{Now.AddSeconds(100).ToUnixTimeSeconds()}}}""");
        Assert.Equal(Now.AddSeconds(50), TokenFacts.ExpiryOf(new TokenDocument { AccessToken = token, ExpiresInSeconds = 50 }, Now));
        Assert.Equal(Now.AddSeconds(100), TokenFacts.ExpiryOf(new TokenDocument { AccessToken = token, ExpiresInSeconds = 5000 }, Now));
        Assert.Equal(Now.AddSeconds(100), TokenFacts.ExpiryOf(new TokenDocument { AccessToken = token }, Now));
        Assert.Equal(Now.AddSeconds(50), TokenFacts.ExpiryOf(new TokenDocument { AccessToken = "opaque", ExpiresInSeconds = 50 }, Now));
        Assert.Null(TokenFacts.ExpiryOf(new TokenDocument { AccessToken = "opaque" }, Now));
    }

    internal static string Jwt(string payload) => $"e30.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(payload))}.c2ln";
}
