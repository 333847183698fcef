using Sallyport.Gateway.Configuration;

namespace Sallyport.Unit.Gateway.Configuration;

public sealed class SpellingTests
{
    private static readonly string[] Known = ["read", "write", "truncate", "copy-in", "clockSkew"];

    [Theory]
    [InlineData("wirte", "did you mean write?")]
    [InlineData("writes", "did you mean write?")]
    [InlineData("trunctae", "did you mean truncate?")]
    [InlineData("copy_in", "did you mean copy-in?")]
    [InlineData("clock_skew", "did you mean clockSkew?")]
    [InlineData("READ", "did you mean read?")]
    [InlineData("delete", "use one of: read, write, truncate, copy-in, clockSkew")]
    [InlineData("", "use one of: read, write, truncate, copy-in, clockSkew")]
    public void The_likely_name_is_offered_or_all_of_them(string unknown, string remedy) => Assert.Equal(remedy, Spelling.Remedy(unknown, Known));

    [Fact]
    public void Where_there_are_no_names_at_all_nothing_is_offered() => Assert.StartsWith("remove it", Spelling.Remedy("x", []));
}
