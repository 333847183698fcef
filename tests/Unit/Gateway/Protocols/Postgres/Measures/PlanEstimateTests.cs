using System.Text;
using Sallyport.Gateway.Protocols.Postgres.Measures;

namespace Sallyport.Unit.Gateway.Protocols.Postgres.Measures;

public sealed class PlanEstimateTests
{
    [Fact]
    public void A_write_is_measured_by_what_feeds_it()
    {
        var estimate = Read("""
            [{"Plan": {"Node Type": "ModifyTable", "Operation": "Update", "Relation Name": "patients", "Plan Rows": 0, "Plans": [
              {"Node Type": "Index Scan", "Parent Relationship": "Outer", "Relation Name": "patients", "Plan Rows": 12, "Index Cond": "(mrn = 'SECRET'::text)"},
              {"Node Type": "Seq Scan", "Parent Relationship": "InitPlan", "Plan Rows": 5000}]}}]
            """);
        Assert.Equal(new PlanEstimate(12, "Update on patients by Index Scan", IsOneWrite: true), estimate);
    }

    [Fact]
    public void Writes_of_a_with_query_count_together()
    {
        var estimate = Read("""
            [{"Plan": {"Node Type": "ModifyTable", "Operation": "Insert", "Relation Name": "archive", "Plans": [
              {"Node Type": "ModifyTable", "Operation": "Delete", "Relation Name": "visits", "Parent Relationship": "InitPlan", "Plans": [
                {"Node Type": "Seq Scan", "Parent Relationship": "Outer", "Plan Rows": 30}]},
              {"Node Type": "CTE Scan", "Parent Relationship": "Outer", "Plan Rows": 30}]}}]
            """);
        Assert.Equal(new PlanEstimate(60, "Insert on archive by CTE Scan; Delete on visits by Seq Scan"), estimate);
    }

    [Fact]
    public void A_read_is_measured_by_what_it_returns() => Assert.Equal(
        new PlanEstimate(7, "Seq Scan on t"),
        Read("""[{"Plan": {"Node Type": "Seq Scan", "Relation Name": "t", "Plan Rows": 7, "Filter": "(x = 'SECRET'::text)"}}]"""));

    [Theory]
    [InlineData("1e300", PlanEstimate.MaxRows)]
    [InlineData("-4", 0)]
    [InlineData("\"7\"", 0)]
    [InlineData("null", 0)]
    public void A_count_that_is_none_is_not_believed(string rows, long expected) =>
        Assert.Equal(expected, Read($$"""[{"Plan": {"Node Type": "Result", "Plan Rows": {{rows}} } }]""")?.Rows);

    [Theory]
    [InlineData("")]
    [InlineData("Seq Scan on t")]
    [InlineData("[]")]
    [InlineData("[{}]")]
    [InlineData("[7]")]
    [InlineData("{\"Plan\": {}}")]
    [InlineData("[{\"Plan\": 3}]")]
    public void What_is_no_plan_gives_no_estimate(string text) => Assert.Null(Read(text));

    [Fact]
    public void The_description_has_a_limit()
    {
        var name = new string('x', PlanEstimate.MaxByCharacters);
        Assert.Equal(PlanEstimate.MaxByCharacters, Read($$"""[{"Plan": {"Node Type": "Seq Scan", "Relation Name": "{{name}}", "Plan Rows": 1 } }]""")!.Value.By.Length);
    }

    private static PlanEstimate? Read(string json) => PlanEstimate.Read(Encoding.UTF8.GetBytes(json));
}
