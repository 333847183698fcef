using Sallyport.EndToEnd.Support;
using Sallyport.EndToEnd.Systems;

namespace Sallyport.EndToEnd.Masking;

/// <summary>A computation whose failure a constant steers asks any question about a tagged value, so it is refused before it runs; its harmless neighbours are masked.</summary>
public sealed class SteeredErrorTests(SteeredErrorTests.Fixture fixture) : IClassFixture<SteeredErrorTests.Fixture>
{
    private readonly string _token = Shared.Issuer.Agent("agent-1", seconds: 3600);

    [Theory]
    [InlineData("daterange(birth_date, '1930-01-01')")]
    [InlineData("int4range(length(mrn), 7)")]
    [InlineData("int4range(1, 5) + int4range(length(mrn), 20)")]
    [InlineData("repeat('xxxxxxxxxxxxxxxxxxxxxxxxxxxx', ascii(first_name))")]
    [InlineData("lpad('x', ascii(first_name) * 100)")]
    [InlineData("array_fill(1, ARRAY[length(first_name), 99999999])")]
    [InlineData("pg_catalog.varchar(first_name::varchar, 9, false)")]
    [InlineData("pg_catalog.bpchar(first_name::bpchar, 9, false)")]
    [InlineData("numeric_mul(length(mrn), 1e131070)")]
    [InlineData("length(mrn) / (length(first_name) - 5)")]
    [InlineData("replace(left(mrn, 1), 'M', '1')::int")]
    public async Task A_question_by_error_is_refused(string expression)
    {
        using var client = await RawClient.SignInAsync(fixture.Gateway.PostgresPort, _token);
        var answers = await client.RoundTripAsync(RawClient.Query($"SELECT {expression} FROM clinic.patients WHERE patient_id = 1"));
        Assert.Contains("NOT EXECUTED", Assert.Single(answers, m => m.Type == 'E').Field('M'), StringComparison.Ordinal);
        Assert.Contains("analysis:", answers.Single(m => m.Type == 'E').Field('M'), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("first_name::varchar(3)")]
    [InlineData("first_name::char(3)")]
    [InlineData("repeat(first_name, 2)")]
    [InlineData("lpad(first_name, 20)")]
    [InlineData("length(mrn) + 1")]
    [InlineData("birth_date + 30")]
    [InlineData("upper(left(first_name, 1)) || '.'")]
    public async Task What_no_ordinary_value_makes_fail_is_masked(string expression)
    {
        using var client = await RawClient.SignInAsync(fixture.Gateway.PostgresPort, _token);
        var answers = await client.RoundTripAsync(RawClient.Query($"SELECT {expression} FROM clinic.patients WHERE patient_id = 1"));
        var value = Assert.Single(answers, m => m.Type == 'D').Columns()[0];
        Assert.True(value is null || value[0] is (byte)'[' or (byte)'*', "a computed value is a constant or NULL");
    }

    public sealed class Fixture : GatewayFixture;
}
