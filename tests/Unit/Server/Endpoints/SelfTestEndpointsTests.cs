using System.Net;
using Sallyport.Api;

namespace Sallyport.Unit.Server.Endpoints;

public sealed class SelfTestEndpointsTests
{
    private static readonly string Clinic = ApiRoutes.SelfTest.Replace("{id}", "clinic", StringComparison.Ordinal);

    [Theory]
    [InlineData("agent-reporting", "", HttpStatusCode.Forbidden)]
    [InlineData("sam", "", HttpStatusCode.Forbidden)]
    [InlineData("olga", "", HttpStatusCode.NotFound)]
    [InlineData("olga", ",\"also\":[\"clinic.patients.race\"]", HttpStatusCode.NotFound)]
    [InlineData("olga", ",\"also\":[\"patients\"]", HttpStatusCode.BadRequest)]
    [InlineData("olga", ",\"other\":1", HttpStatusCode.BadRequest)]
    public async Task A_self_test_is_for_operators(string person, string more, HttpStatusCode status)
    {
        await using var api = await ApiFixture.CreateAsync();
        using var response = await api.PostAsync(Clinic, person, $"{{\"admin\":{{\"user\":\"a\",\"password\":\"b\"}}{more}}}");
        Assert.Equal(status, response.StatusCode);
    }
}
