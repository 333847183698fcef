using System.Net;
using Sallyport.Api;

namespace Sallyport.Unit.Server.Endpoints;

public sealed class FloorEndpointsTests
{
    private static readonly string Clinic = ApiRoutes.Floor.Replace("{id}", "clinic", StringComparison.Ordinal);

    [Theory]
    [InlineData("agent-reporting", "", HttpStatusCode.Forbidden)]
    [InlineData("sam", "", HttpStatusCode.Forbidden)]
    [InlineData("aron", "", HttpStatusCode.Forbidden)]
    [InlineData("olga", "", HttpStatusCode.NotFound)]
    [InlineData("olga", "?level=half", HttpStatusCode.BadRequest)]
    [InlineData("olga", "?role=pg_monitor", HttpStatusCode.BadRequest)]
    [InlineData("olga", "?role=public", HttpStatusCode.BadRequest)]
    public async Task A_plan_is_for_operators(string person, string query, HttpStatusCode status)
    {
        await using var api = await ApiFixture.CreateAsync();
        using var response = await api.GetAsync(Clinic + query, person);
        Assert.Equal(status, response.StatusCode);
    }

    [Theory]
    [InlineData("agent-reporting", "{\"admin\":{\"user\":\"a\",\"password\":\"b\"}}", HttpStatusCode.Forbidden)]
    [InlineData("olga", "{\"admin\":{\"user\":\"a\",\"password\":\"b\"}}", HttpStatusCode.NotFound)]
    [InlineData("olga", "{}", HttpStatusCode.BadRequest)]
    [InlineData("olga", "{\"admin\":{\"user\":\"a\"}}", HttpStatusCode.BadRequest)]
    public async Task Making_one_is_for_operators_with_a_credential(string person, string body, HttpStatusCode status)
    {
        await using var api = await ApiFixture.CreateAsync();
        using var response = await api.PostAsync(Clinic, person, body);
        Assert.Equal(status, response.StatusCode);
    }

    [Fact]
    public void A_credential_does_not_show_its_password() =>
        Assert.DoesNotContain("hidden", new AdminCredential("admin", "hidden").ToString(), StringComparison.Ordinal);
}
