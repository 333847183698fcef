using System.Text;
using Sallyport.Gateway.Protocols.Postgres.Analysis.Lineage;

namespace Sallyport.Unit.Gateway.Protocols.Postgres.Analysis.Lineage;

/// <summary>Column names as the server prints them, against those that are known: where they differ, a table has changed.</summary>
public sealed class DumpedNameTests
{
    [Theory]
    [InlineData("\"name\"", "name")]
    [InlineData("\"first\\ name\"", "first name")]
    [InlineData("\"first\\\nname\"", "first name")]
    [InlineData("\"a\\(b\\)\"", "a(b)")]
    [InlineData("\"a\\\\\"", "a\\")]
    [InlineData("\"\"", null)]
    public void The_same_name_is_recognised_however_it_was_escaped(string dumped, string? name) =>
        Assert.True(DumpedName.Matches(Encoding.UTF8.GetBytes(dumped), name));

    [Theory]
    [InlineData("\"name\"", "nama")]
    [InlineData("\"name\"", "names")]
    [InlineData("\"names\"", "name")]
    [InlineData("\"na\\ me\"", "naxme")]
    [InlineData("\"naxme\"", "na me")]
    [InlineData("\"name\"", null)]
    [InlineData("name", "name")]
    [InlineData("name", "am")]
    [InlineData("\"", null)]
    public void Another_name_is_not(string dumped, string? name) =>
        Assert.False(DumpedName.Matches(Encoding.UTF8.GetBytes(dumped), name));
}
