using Sallyport.Gateway.Policy;

namespace Sallyport.Unit.Gateway.Protocols.Postgres.Analysis;

/// <summary>For every rule a statement that it alone refuses or masks, and a neighbour that passes: statements.sql says which.</summary>
public sealed class GoldenStatementTests
{
    public static TheoryData<int> Majors => [.. GoldenTarget.Majors];

    [Theory]
    [MemberData(nameof(Majors))]
    public void Every_statement_comes_out_as_its_first_line_says(int major)
    {
        var targets = Enum.GetValues<PredicateLevel>().ToDictionary(level => level, level => new GoldenTarget(major, level: level));
        var expected = GoldenStatement.Expecting.Where(statement => targets[statement.Level].Has(statement.Name)).ToList();
        Assert.NotEmpty(expected);
        Assert.Equal(
            expected.Select(statement => $"{statement.Name}: {statement.Expected}"),
            expected.Select(statement => $"{statement.Name}: {GoldenStatement.Describe(targets[statement.Level].Understand(statement.Name))}"));
    }

    [Fact]
    public void A_refused_statement_is_refused_by_one_rule_only()
    {
        // Else a rule could be lost and nobody would notice.
        var targets = Enum.GetValues<PredicateLevel>().ToDictionary(level => level, level => new GoldenTarget(GoldenTarget.Majors[^1], level: level));
        foreach (var statement in GoldenStatement.Expecting.Where(statement => targets[statement.Level].Has(statement.Name)))
        {
            var rules = targets[statement.Level].Understand(statement.Name).Refusals.Select(refusal => refusal.Rule).Distinct();
            Assert.True(rules.Count() <= 1, $"{statement.Name}: {string.Join(", ", rules)}");
        }
    }

    [Theory]
    [InlineData("failing_form", true)]
    [InlineData("failing_call", true)]
    [InlineData("failing_fine", false)]
    [InlineData("steered_case_fine", false)]
    [InlineData("xmltable_plain", true)]
    [InlineData("out_renamed", false)]
    public void What_may_fail_by_the_form_of_a_value_is_known(string statement, bool mayFail) =>
        Assert.All(GoldenTarget.Majors, major => Assert.Equal(mayFail, new GoldenTarget(major).Understand(statement).MayFail));

    [Theory]
    [InlineData("failing_form", true)]
    [InlineData("xmltable_plain", true)]
    [InlineData("failing_fine", false)]
    public void What_a_statement_chooses_to_ask_by_failing_is_told_from_a_plain_cast(string statement, bool chooses) =>
        Assert.All(GoldenTarget.Majors, major => Assert.Equal(chooses, new GoldenTarget(major).Understand(statement).ChoosesFailure));

    [Theory]
    [InlineData("sql_value_functions", true)]
    [InlineData("set_config", true)]
    [InlineData("star", false)]
    [InlineData("failing_form", false)]
    public void What_varies_by_itself_is_known(string statement, bool varies) =>
        Assert.All(GoldenTarget.Majors, major => Assert.Equal(varies, new GoldenTarget(major).Understand(statement).Varies));

    [Theory]
    [InlineData("clock_stored", false)]
    [InlineData("out_sublink_exists", true)]
    public void What_is_computed_from_tagged_values_is_known(string statement, bool computes) =>
        Assert.All(GoldenTarget.Majors, major => Assert.Equal(computes, new GoldenTarget(major).Understand(statement).ComputesPhi));

    [Theory]
    [InlineData("equality", PredicateLevel.Equality, "Equality 1, Equality 1, Equality 2, Equality 2")]
    [InlineData("like", PredicateLevel.Search, "Search 1")]
    [InlineData("any_parameter", PredicateLevel.Equality, "Equality 1")]
    [InlineData("group_by", PredicateLevel.Equality, "Grouping 0")]
    [InlineData("key_order", PredicateLevel.Equality, "Order 0, Order 0 transformed")]
    [InlineData("out_null_test", PredicateLevel.Equality, "Presence 0")]
    public void What_a_permitted_condition_tells_is_known(string statement, PredicateLevel level, string told)
    {
        var inferences = new GoldenTarget(GoldenTarget.Majors[^1], level: level).Understand(statement).Inferences;
        Assert.Equal(told, string.Join(", ", inferences.Select(i => $"{i.Kind} {i.Values.Length}{(i.IsTransformed ? " transformed" : "")}")));
    }
}
