using Sallyport.Gateway.Configuration;

namespace Sallyport.Unit.Gateway.Configuration;

public sealed class ScalarsTests
{
    [Theory]
    [InlineData("500ms", 500)]
    [InlineData("0s", 0)]
    [InlineData("30s", 30_000)]
    [InlineData("15m", 900_000)]
    [InlineData("2h", 7_200_000)]
    [InlineData("6d", 518_400_000)]
    [InlineData("30", null)]
    [InlineData("s", null)]
    [InlineData("-1s", null)]
    [InlineData("1.5h", null)]
    [InlineData("1 s", null)]
    [InlineData("9999999999s", null)]
    [InlineData("\u0661s", null)]
    public void Durations(string text, int? milliseconds) =>
        Assert.Equal(milliseconds, Scalars.TryDuration(text, out var duration) ? (int)duration.TotalMilliseconds : null);

    [Theory]
    [InlineData("0", 0L)]
    [InlineData("65536", 65536L)]
    [InlineData("64KiB", 65536L)]
    [InlineData("16MiB", 16777216L)]
    [InlineData("2GiB", 2147483648L)]
    [InlineData("16MB", null)]
    [InlineData("MiB", null)]
    public void Sizes(string text, long? bytes) => Assert.Equal(bytes, Scalars.TrySize(text, out var size) ? size : null);

    [Theory]
    [InlineData("2026-11-21T08:00:00Z", "2026-11-21T08:00:00Z")]
    [InlineData("2026-11-21T08:00Z", "2026-11-21T08:00:00Z")]
    [InlineData("2026-11-21T08:00:00+01:00", "2026-11-21T07:00:00Z")]
    [InlineData("2026-11-21T08:00:00-05:30", "2026-11-21T13:30:00Z")]
    [InlineData("2026-11-21T08:00:00", null)]
    [InlineData("2026-11-21", null)]
    [InlineData("tomorrow", null)]
    public void Instants(string text, string? utc) =>
        Assert.Equal(utc, Scalars.TryInstant(text, out var instant) ? instant.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ") : null);

    [Theory]
    [InlineData("db.internal:5433", "db.internal 5433")]
    [InlineData("db.internal", "db.internal 5432")]
    [InlineData("10.0.0.7:5433", "10.0.0.7 5433")]
    [InlineData("[fd00::1]:5433", "fd00::1 5433")]
    [InlineData("[fd00::1]", "fd00::1 5432")]
    [InlineData("fd00::1", null)]
    [InlineData("db:0", null)]
    [InlineData("db:65536", null)]
    [InlineData("db:", null)]
    [InlineData(":5432", null)]
    [InlineData("", null)]
    [InlineData("a b:1", null)]
    [InlineData("[::1]x:1", null)]
    public void Hosts_and_ports(string text, string? hostAndPort) =>
        Assert.Equal(hostAndPort, Scalars.TryHostPort(text, 5432, out var host, out var port) ? $"{host} {port}" : null);

    [Theory]
    [InlineData("0.0.0.0:6432", "0.0.0.0:6432")]
    [InlineData("[::]:6432", "[::]:6432")]
    [InlineData("localhost:6432", "127.0.0.1:6432")]
    [InlineData("db.internal:6432", null)]
    [InlineData("0.0.0.0", null)]
    public void Addresses_to_listen_on(string text, string? endpoint) =>
        Assert.Equal(endpoint, Scalars.TryListen(text, out var parsed) ? parsed!.ToString() : null);
}
