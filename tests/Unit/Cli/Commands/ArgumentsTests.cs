using Sallyport.Cli.Commands;

namespace Sallyport.Unit.Cli.Commands;

public sealed class ArgumentsTests
{
    [Theory]
    [InlineData("90", 90)]
    [InlineData("90s", 90)]
    [InlineData("10m", 600)]
    [InlineData("1h30m", 5400)]
    [InlineData("1h1m1s", 3661)]
    [InlineData("7200m", 432000)]
    [InlineData("0s", 0)]
    public void A_time_is_hours_minutes_and_seconds(string text, int seconds)
    {
        Assert.True(Arguments.TryParseDuration(text, out var duration));
        Assert.Equal(seconds, duration.TotalSeconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("m")]
    [InlineData("-5")]
    [InlineData("1.5h")]
    [InlineData("5 m")]
    [InlineData("10m\n")]
    [InlineData("30s5m")]
    [InlineData("200h")]
    [InlineData("99999999999")]
    public void Anything_else_is_not_a_time(string text) => Assert.False(Arguments.TryParseDuration(text, out _));

    [Theory]
    [InlineData("2026-11-21", "2026-11-21T00:00:00Z")]
    [InlineData("2026-11-21T14:05", "2026-11-21T14:05:00Z")]
    [InlineData("2026-11-21T14:05:06.5Z", "2026-11-21T14:05:06.5Z")]
    [InlineData("2026-11-21T14:05:06+02:00", "2026-11-21T12:05:06Z")]
    public void An_instant_without_an_offset_is_utc(string text, string instant)
    {
        Assert.True(Arguments.TryParseInstant(text, out var parsed));
        Assert.Equal(DateTimeOffset.Parse(instant, null), parsed);
        Assert.Equal(TimeSpan.Zero, parsed.Offset);
    }

    [Theory]
    [InlineData("21.11.2026")]
    [InlineData("2026-13-01")]
    [InlineData("yesterday")]
    public void Anything_else_is_not_an_instant(string text) => Assert.False(Arguments.TryParseInstant(text, out _));
}
