using System.Text;
using Sallyport.Gateway.Protocols.Postgres.Measures;

namespace Sallyport.Unit.Gateway.Protocols.Postgres.Measures;

public sealed class QueryTreeTests
{
    [Fact]
    public void Every_kind_of_call_is_found_once() => Assert.Equal(
        [65u, 481u, 2108u, 3100u],
        QueryTree.Functions("({OPEXPR :opno 96 :opfuncid 65} {FUNCEXPR :funcid 481} {FUNCEXPR :funcid 481} {AGGREF :aggfnoid 2108} {WINDOWFUNC :winfnoid 3100})"u8).Order());

    [Theory]
    [InlineData(":funcid 99999999999999999999")]
    [InlineData(":opfuncid 0")]
    public void What_is_no_function_is_none_that_could_be_trusted(string tree) => Assert.Equal([0u], QueryTree.Functions(Encoding.ASCII.GetBytes(tree)));

    [Theory]
    [InlineData("{QUERY :x {NEXTVALUEEXPR :seqid 16400 :typeId 23}}", true)]
    [InlineData("{COERCETODOMAIN :arg {VAR}}", true)]
    [InlineData("{CURRENTOFEXPR :cvarno 1}", true)]
    [InlineData("{QUERY :commandType 2 :x {FUNCEXPR :funcid 481}}", false)]
    public void Nodes_that_do_more_than_compute_are_found(string tree, bool found) => Assert.Equal(found, QueryTree.HasDoers(Encoding.ASCII.GetBytes(tree)));
}
