using System.Net;
using Sallyport.Api;
using Sallyport.Server.Access;

namespace Sallyport.Unit.Server.Endpoints;

public sealed class ExplainEndpointsTests
{
    private static readonly string Clinic = ApiRoutes.Explain.Replace("{id}", "clinic", StringComparison.Ordinal);

    [Theory]
    [InlineData("nina", "{\"sql\":\"SELECT 1\"}", HttpStatusCode.Forbidden)]
    [InlineData("agent-reporting", "{\"sql\":\"SELECT 1\"}", HttpStatusCode.Forbidden)] // the grant is there, the target is not
    [InlineData("nina", "{\"sql\":\"SELECT 1\",\"as\":{\"kind\":\"agent\",\"name\":\"x\"}}", HttpStatusCode.Forbidden)]
    [InlineData("olga", "{\"sql\":\"SELECT 1\",\"as\":{\"kind\":\"agent\",\"name\":\"\"}}", HttpStatusCode.BadRequest)]
    [InlineData("olga", "{\"sql\":\"SELECT 1\",\"as\":{\"kind\":\"robot\",\"name\":\"x\"}}", HttpStatusCode.BadRequest)]
    [InlineData("nina", "{\"sql\":\"\"}", HttpStatusCode.BadRequest)]
    [InlineData("nina", "{\"sql\":\"SELECT 'open\"}", HttpStatusCode.BadRequest)]
    [InlineData("nina", "{\"statement\":\"SELECT 1\"}", HttpStatusCode.BadRequest)]
    public async Task What_cannot_be_explained_is_a_problem(string person, string body, HttpStatusCode status)
    {
        await using var api = await ApiFixture.CreateAsync();
        using var response = await api.PostAsync(Clinic, person, body);
        Assert.Equal(status, response.StatusCode);
        var problem = await ApiFixture.JsonAsync(response);
        Assert.NotEmpty(problem.GetProperty("detail").GetString()!);
        Assert.NotEmpty(problem.GetProperty("remedy").GetString()!);
    }

    [Fact]
    public async Task A_statement_may_be_longer_than_other_bodies()
    {
        await using var api = await ApiFixture.CreateAsync();
        using var response = await api.PostAsync(Clinic, "nina", $"{{\"sql\":\"SELECT '{new string('x', 100_000)}'\"}}");
        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        using var larger = await api.PostAsync(Clinic, "nina", $"{{\"sql\":\"SELECT '{new string('x', ApiLimits.MaxExplainRequestBytes)}'\"}}");
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, larger.StatusCode);
    }

    [Fact]
    public async Task Who_asks_too_often_is_told_to_wait_and_others_are_not()
    {
        await using var api = await ApiFixture.CreateAsync();
        var statuses = new List<HttpStatusCode>();
        for (var i = 0; i <= RequestRate.Burst * 2; i++)
        {
            using var response = await api.PostAsync(Clinic, "nina", "{\"sql\":\"\"}");
            statuses.Add(response.StatusCode);
        }
        Assert.Equal(HttpStatusCode.TooManyRequests, statuses[^1]);
        Assert.All(statuses.Take(RequestRate.Burst), status => Assert.Equal(HttpStatusCode.BadRequest, status));
        using var other = await api.PostAsync(Clinic, "dana", "{\"sql\":\"\"}");
        Assert.Equal(HttpStatusCode.BadRequest, other.StatusCode);
    }
}
