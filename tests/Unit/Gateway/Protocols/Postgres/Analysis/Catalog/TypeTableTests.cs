using System.Text;
using Sallyport.Gateway.Protocols.Postgres.Analysis;
using Sallyport.Gateway.Protocols.Postgres.Analysis.Catalog;

namespace Sallyport.Unit.Gateway.Protocols.Postgres.Analysis.Catalog;

public sealed class TypeTableTests
{
    private readonly TypeTable _types = new();

    [Fact]
    public void An_array_knows_its_element_and_a_domain_its_base()
    {
        Load(["t", "1009", "pg_catalog", "_text", "aA,-1", "25", null, null], ["t", "20001", "ward", "mrn", "dS,14", "1043", null, null]);
        Assert.Equal((TypeKind.Array, 25u), (_types.Find(1009)!.Kind, _types.Find(1009)!.ElementOid));
        Assert.Equal((TypeKind.Domain, 1043u, 14), (_types.Find(20001)!.Kind, _types.Find(20001)!.BaseOid, _types.Find(20001)!.BaseModifier));
    }

    [Fact]
    public void Attributes_of_a_composite_come_in_their_order()
    {
        Load(
            ["ta", "20002", "3", "zip", "1043", "9", null, null],
            ["t", "20002", "ward", "address", "cC,-1", null, null, null],
            ["ta", "20002", "1", "street", "25", "-1", null, null]);
        Assert.Equal([new TypeAttribute("street", 25, -1), new TypeAttribute("zip", 1043, 9)], _types.Find(20002)!.Attributes);
    }

    [Fact]
    public void Ranges_name_their_bounds_and_multiranges_their_range()
    {
        Load(["t", "3912", "pg_catalog", "daterange", "rR,-1", "1082", null, null], ["t", "4535", "pg_catalog", "datemultirange", "mR,-1", "3912", null, null]);
        Assert.Equal(1082u, _types.Find(3912)!.SubtypeOid);
        Assert.Equal(3912u, _types.Find(4535)!.RangeOid);
    }

    [Theory]
    [InlineData("25", "b", null, true)]
    [InlineData("20003", "b", "citext", true)]
    [InlineData("20003", "b", null, false)]
    [InlineData("20003", "b", "isn", false)]
    [InlineData("20003", "e", null, false)]
    public void Text_like_are_the_servers_strings_and_citext(string oid, string kind, string? extension, bool expected)
    {
        Load(["t", oid, "any", "any", $"{kind}S,-1", null, "first", extension]);
        Assert.Equal(expected, _types.Find(uint.Parse(oid, System.Globalization.CultureInfo.InvariantCulture))!.IsTextLike);
    }

    [Fact]
    public void After_ddl_own_types_are_to_be_read_again_but_still_tell_what_they_were()
    {
        Load(["t", "20004", "ward", "mood", "eE,-1", null, "calm", null], ["t", "25", "pg_catalog", "text", "bS,-1", null, null, null]);
        Assert.True(_types.IsKnown(20004));
        _types.Invalidate();
        Assert.False(_types.IsKnown(20004));
        Assert.True(_types.IsKnown(25));
        Assert.Equal("calm", _types.Find(20004)!.FirstLabel);
    }

    [Fact]
    public void Unknown_types_are_asked_for_together()
    {
        var catalog = new TargetCatalog([], []);
        var missing = catalog.MissingTypes([20005, 20006, 20005]);
        Assert.Equal([20005, 20006], missing!.Types);
        var query = catalog.QueryFor(missing);
        Assert.Contains("ARRAY[20005,20006]", query.Sql, StringComparison.Ordinal);
        catalog.Load(query, [Row(["t", "20005", "ward", "a", "bU,-1", null, null, null]), Row(["t", "20006", "ward", "b", "bU,-1", null, null, null])]);
        Assert.Null(catalog.MissingTypes([20005, 20006]));
    }

    private static byte[]?[] Row(string?[] cells) => [.. cells.Select(cell => cell is null ? null : Encoding.UTF8.GetBytes(cell))];

    private void Load(params string?[][] rows) => _types.Load([.. rows.Select(Row)]);
}
