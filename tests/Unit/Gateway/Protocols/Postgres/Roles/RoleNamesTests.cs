using Sallyport.Gateway.Protocols.Postgres.Roles;
using Sallyport.Gateway.Sessions;

namespace Sallyport.Unit.Gateway.Protocols.Postgres.Roles;

/// <summary>How the gateway knows its own roles.</summary>
public sealed class RoleNamesTests
{
    [Fact]
    public void A_role_s_name_holds_its_session_s_id_and_fits_into_a_name()
    {
        var id = SessionRegistry.NewId();
        var name = RoleNames.OfSession(id);
        Assert.Equal("sallyport_s_" + id["ses_".Length..], name);
        Assert.InRange(name.Length, 1, 63);
        Assert.Throws<ArgumentException>(() => RoleNames.OfSession("postgres"));
    }

    [Fact]
    public void A_mark_is_read_as_it_was_written()
    {
        var marker = new RoleMarker("0123456789abcdef", "clinic-2", "ses_00ff");
        Assert.Equal(marker, RoleMarker.Parse(marker.ToString()));
        Assert.Equal(marker with { Session = "" }, RoleMarker.Parse((marker with { Session = "" }).ToString()));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("the role of the report")]
    [InlineData("sallyport gateway=0123456789abcdef target=clinic session=ses_1\nmore")]
    [InlineData("sallyport gateway=short target=clinic session=ses_1")]
    public void A_comment_that_no_gateway_wrote_is_no_mark(string? comment) => Assert.Null(RoleMarker.Parse(comment));
}
