using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Analysis;

namespace Sallyport.Unit.Gateway.Protocols.Postgres.Analysis;

/// <summary>What a statement means to somebody to whom a grant shows tagged columns as they are stored, on the dumps of every major.</summary>
public sealed class UnmaskedLineageTests
{
    private static readonly UnmaskedColumns Name = Shown("ward.patients.name");
    private static readonly UnmaskedColumns Both = Shown("ward.patients.name", "ward.patients.mrn");

    [Theory]
    [InlineData("star", "-,-,MRN,-,PHONE,DATE,NAME,ADDRESS,DERIVED,-,-")]
    [InlineData("alias_columns", "-,MRN")]
    [InlineData("computed", "-,-,~MRN")]
    [InlineData("view", "-,-")]
    [InlineData("view_computed", "-")]
    [InlineData("cte", "-")]
    [InlineData("group_by", "-,-,-")]
    [InlineData("whole_row", "~MRN,~MRN,~MRN,-")]
    [InlineData("matview_identity", "MRN")]
    [InlineData("matview_computed", "DERIVED")]
    [InlineData("partition", "MRN,-")]
    [InlineData("inheritance_child", "LABEL,NAME")]
    [InlineData("aggregate_tagged", "-,~MRN")]
    [InlineData("user_function", "~FUNCTION")]
    public void Only_the_very_column_is_clear_and_what_is_mixed_with_others_is_masked_as_before(string statement, string tags) =>
        ForEach(statement, target => Assert.Equal(tags, Tags(target.Understand(statement, Name))));

    [Fact]
    public void What_comes_of_shown_columns_only_is_clear_and_each_is_told_with_the_grant_that_shows_it() =>
        ForEach("computed", static target =>
        {
            var analysis = target.Understand("computed", Both);
            Assert.Equal("-,-,-", Tags(analysis));
            Assert.Equal([new("ward.patients.name", "gr_name"), new("ward.patients.mrn", "gr_mrn")], analysis.Unmasked);
            Assert.Equal(["ward.patients.name", "ward.patients.mrn"], analysis.PhiColumns);
            Assert.True(analysis.TouchesPhi);
            Assert.False(analysis.ComputesPhi);
        });

    [Theory]
    [InlineData("like")]
    [InlineData("order_by_computed")]
    [InlineData("limit_tagged")]
    public void Conditions_on_it_are_like_those_on_any_column(string statement) =>
        ForEach(statement, target =>
        {
            Assert.NotNull(target.Understand(statement).Refusal);
            var analysis = target.Understand(statement, Name);
            Assert.Null(analysis.Refusal);
            Assert.Equal([new UnmaskedColumn("ward.patients.name", "gr_name")], analysis.Unmasked);
        });

    [Theory]
    [InlineData("join_tagged")]
    [InlineData("equality")]
    public void What_would_be_refused_with_it_clear_is_understood_as_for_everybody(string statement) =>
        ForEach(statement, target =>
        {
            var analysis = target.Understand(statement, Shown("ward.patients.mrn"));
            Assert.Null(analysis.Refusal);
            Assert.True(statement == "equality" || analysis.Unmasked.IsEmpty);
        });

    [Theory]
    [InlineData("update_leak")]
    [InlineData("insert_select")]
    [InlineData("nextval_tagged")]
    [InlineData("sleep_tagged")]
    public void What_writes_or_leaves_traces_is_judged_as_for_everybody(string statement) =>
        ForEach(statement, target => Assert.Equal(target.Understand(statement).Refusal, target.Understand(statement, Both).Refusal));

    [Fact]
    public void Every_statement_that_does_not_only_read_means_the_same_with_and_without() =>
        ForEveryStatement(static (target, statement) =>
        {
            var (before, shown) = (target.Analyze(statement), target.Analyze(target.Dump(statement), Everything));
            if (before is not AnalysisOutcome.Understood { Analysis: var plain } || shown is not AnalysisOutcome.Understood { Analysis: var clear })
            {
                Assert.Equal(before.GetType(), shown.GetType());
                return;
            }

            Assert.Equal(plain.PhiColumns, clear.PhiColumns);
            Assert.Equal(plain.TouchesPhi, clear.TouchesPhi);
            if (clear.Unmasked.IsEmpty || plain.Class != CommandClass.Read || plain.Effects != Effects.None)
            {
                Assert.Empty(clear.Unmasked);
                Assert.Equal(plain.Outputs, clear.Outputs);
                Assert.Equal(plain.Refusals, clear.Refusals);
            }
        });

    /// <summary>A database in which only one column is tagged shows which results hold something of it: they stay masked while all the others are shown.</summary>
    [Theory]
    [InlineData("ward.patients.mrn")]
    [InlineData("ward.patients.name")]
    [InlineData("ward.patients.born")]
    [InlineData("ward.patients.home")]
    [InlineData("ward.visits.mrn")]
    [InlineData("ward.samples.label")]
    public void Whatever_else_is_shown_no_result_with_something_of_a_masked_column_is_clear(string masked)
    {
        var others = Shown([.. GoldenTarget.Tags.Select(NameOf).Where(name => name != masked)]);
        var compared = 0;
        foreach (var major in GoldenTarget.Majors)
        {
            var alone = new GoldenTarget(major, tags: GoldenTarget.Tags.Where(column => NameOf(column) == masked));
            var all = new GoldenTarget(major);
            foreach (var statement in all.Statements)
            {
                if (alone.Analyze(statement) is AnalysisOutcome.Understood { Analysis: { Refusal: null } hidden }
                    && all.Analyze(all.Dump(statement), others) is AnalysisOutcome.Understood { Analysis: { Refusal: null } clear })
                {
                    Assert.All(hidden.Outputs.Zip(clear.Outputs), pair => Assert.True(pair.First.Tag is null || pair.Second.Tag is not null, $"{statement} of {major}: column {pair.First.Ordinal}"));
                    compared += hidden.Outputs.Count(static output => output.Tag is not null);
                }
            }
        }

        Assert.True(compared > 0);
    }

    [Fact]
    public void A_column_of_a_table_that_has_drifted_from_the_configuration_is_never_clear()
    {
        foreach (var major in GoldenTarget.Majors)
        {
            var target = new GoldenTarget(major, tags: [.. GoldenTarget.Tags, new("ward", "patients", "gone", "NAME")]);
            Assert.Equal("-,-,MRN,NAME,PHONE,DATE,NAME,ADDRESS,DERIVED,UNCLASSIFIED,UNCLASSIFIED".Split(',')[3], Tags(target.Understand("star", Name)).Split(',')[3]);
            Assert.Empty(target.Understand("star", Name).Unmasked);
        }
    }

    private static UnmaskedColumns Everything => Shown([.. GoldenTarget.Tags.Select(NameOf)]);

    private static string NameOf(TaggedColumn column) => QualifiedName.Join(column.Schema, column.Table, column.Column);

    private static UnmaskedColumns Shown(params string[] columns) => new(columns.Select(static column => new UnmaskedColumn(column, $"gr_{column[(column.LastIndexOf('.') + 1)..]}")));

    private static string Tags(StatementAnalysis analysis) => string.Join(',', analysis.Outputs.Select(static output => (output.IsDerived ? "~" : "") + (output.Tag ?? "-")));

    private static void ForEach(string statement, Action<GoldenTarget> check)
    {
        var found = GoldenTarget.Majors.Select(static major => new GoldenTarget(major)).Where(target => target.Has(statement)).ToList();
        Assert.NotEmpty(found);
        found.ForEach(check);
    }

    private static void ForEveryStatement(Action<GoldenTarget, string> check)
    {
        foreach (var major in GoldenTarget.Majors)
        {
            var target = new GoldenTarget(major);
            foreach (var statement in target.Statements)
            {
                check(target, statement);
            }
        }
    }
}
