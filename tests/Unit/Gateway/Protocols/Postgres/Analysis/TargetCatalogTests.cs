using System.Globalization;
using System.Text;
using Sallyport.Gateway.Protocols.Postgres.Analysis;
using Sallyport.Gateway.Protocols.Postgres.Analysis.Catalog;
using Sallyport.Gateway.Protocols.Postgres.Engine;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Gateway.Protocols.Postgres.Analysis;

public sealed class TargetCatalogTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public void The_words_query_is_limited_below_what_the_gateway_reads()
    {
        var words = Assert.Single(new TargetCatalog([], []).Bootstrap, query => query.Facts == CatalogFacts.Words).Sql;
        var limit = int.Parse(words[(words.LastIndexOf("LIMIT ", StringComparison.Ordinal) + 6)..], CultureInfo.InvariantCulture);
        Assert.InRange(limit, 1, FactsReader.MaxRows - 1);
    }

    [Fact]
    public void Before_the_bootstrap_every_statement_is_unreadable() =>
        Assert.IsType<AnalysisOutcome.Unreadable>(StatementAnalyzer.Analyze("({})"u8, new TargetCatalog([], [])));

    [Fact]
    public void A_server_of_an_unknown_major_is_unreadable()
    {
        var catalog = new TargetCatalog([], []);
        foreach (var query in catalog.Bootstrap)
        {
            catalog.Load(query, query == catalog.Bootstrap[0] ? [["190001"u8.ToArray()]] : []);
        }

        Assert.Contains("19", Assert.IsType<AnalysisOutcome.Unreadable>(StatementAnalyzer.Analyze("({})"u8, catalog)).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_renamed_column_keeps_its_tag_and_the_new_name_is_asked_for()
    {
        var target = new GoldenTarget(18, _time);
        Assert.Equal("NAME", target.Understand("view").Outputs[0].Tag);
        Reload(target, row => Is(row, "c", "name") ? [.. row[..3], "given"u8.ToArray(), .. row[4..]] : row);
        Assert.Equal("ward.patients.name", target.Understand("view").Outputs[0].Source);
    }

    [Fact]
    public void A_column_added_to_a_tagged_table_is_protected_until_it_is_classified()
    {
        var target = new GoldenTarget(18, _time);
        Assert.Null(target.Understand("star").Refusal);
        var patients = target.OidOf("patients");
        var rows = Rows(target);
        rows.Add([.. new[] { "c", $"{patients}", "12", "added", "" }.Select(Encoding.UTF8.GetBytes), null, null, null]);
        target.Catalog.Load(target.Catalog.QueryFor(new MissingFacts([patients], [], [])), rows);
        Assert.Equal(ReservedTags.Unclassified, target.Catalog.Relation(patients, since: 0)?.TagOf(12)?.Tag);
        Assert.Equal(ReservedTags.Unclassified, target.Catalog.Relation(patients, since: 0)?.TagOf(13)?.Tag);
    }

    [Fact]
    public void While_nobody_watches_the_schema_facts_count_only_for_the_statement_they_were_read_for()
    {
        var target = new GoldenTarget(18, _time);
        target.Analyze("star");
        _time.Advance(TimeSpan.FromMilliseconds(1));
        var needs = Assert.IsType<AnalysisOutcome.NeedsFacts>(StatementAnalyzer.Analyze(target.Dump("star"), target.Catalog, target.Catalog.Mark()));
        Assert.Equal([target.OidOf("patients")], needs.Missing.Relations);
    }

    [Fact]
    public void While_the_schema_is_watched_facts_stand_and_for_a_second_longer()
    {
        var target = new GoldenTarget(18, _time);
        target.Analyze("star");
        for (var look = 0; look < 100; look++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(990));
            target.Catalog.Confirm(target.Catalog.Mark());
            Assert.IsType<AnalysisOutcome.Understood>(StatementAnalyzer.Analyze(target.Dump("star"), target.Catalog, target.Catalog.Mark()));
        }

        _time.Advance(TimeSpan.FromMilliseconds(1001));
        Assert.IsType<AnalysisOutcome.NeedsFacts>(StatementAnalyzer.Analyze(target.Dump("star"), target.Catalog, target.Catalog.Mark()));
    }

    [Fact]
    public void Facts_that_a_change_of_schema_overtook_are_dropped()
    {
        var target = new GoldenTarget(18, _time);
        target.Catalog.Confirm(target.Catalog.Mark());
        var patients = target.OidOf("patients");
        var query = target.Catalog.QueryFor(new MissingFacts([patients], [], []));
        target.Catalog.Invalidate();
        target.Catalog.Load(query, Rows(target));
        Assert.Null(target.Catalog.Relation(patients, since: 0));
    }

    [Fact]
    public void What_was_understood_is_current_until_the_schema_changes_or_nobody_looks()
    {
        var catalog = new TargetCatalog([], [], _time);
        var stamp = catalog.Stamp();
        Assert.False(catalog.IsCurrent(stamp));
        catalog.Confirm(catalog.Mark());
        Assert.True(catalog.IsCurrent(stamp));
        _time.Advance(TimeSpan.FromMilliseconds(1001));
        Assert.False(catalog.IsCurrent(stamp));
        catalog.Confirm(catalog.Mark());
        catalog.Invalidate();
        Assert.False(catalog.IsCurrent(stamp));
    }

    [Theory]
    [InlineData("1:2:'")]
    [InlineData("1:2: OR true")]
    public void Only_a_snapshot_goes_into_the_query_that_looks(string snapshot) =>
        Assert.Throws<ArgumentException>(() => TargetCatalog.Fingerprint(snapshot));

    [Fact]
    public void Names_that_differ_from_the_dump_are_read_again()
    {
        var target = new GoldenTarget(18, _time);
        Reload(target, row => Is(row, "c", "risk") ? [.. row[..3], "danger"u8.ToArray(), .. row[4..]] : row);
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.IsType<AnalysisOutcome.NeedsFacts>(StatementAnalyzer.Analyze(target.Dump("star"), target.Catalog));
    }

    [Fact]
    public void A_foreign_key_to_a_tagged_column_is_protected_as_well()
    {
        var target = new GoldenTarget(18, _time);
        var codes = target.OidOf("codes");
        var rows = target.Answer(new MissingFacts([codes], [], []));
        rows.Add([.. new[] { "k", $"{codes}", "1", "ward", "patients", "mrn" }.Select(Encoding.UTF8.GetBytes), null, null]);
        target.Catalog.Load(target.Catalog.QueryFor(new MissingFacts([codes], [], [])), rows);
        Assert.Equal("MRN", target.Catalog.Relation(codes, since: 0)?.TagOf(1)?.Tag);
    }

    [Fact]
    public void Ddl_makes_relations_be_read_again_and_system_relations_stay()
    {
        var target = new GoldenTarget(18, _time);
        target.Analyze("catalog");
        target.Analyze("star");
        target.Catalog.Invalidate();
        Assert.IsType<AnalysisOutcome.Understood>(StatementAnalyzer.Analyze(target.Dump("catalog"), target.Catalog));
        Assert.IsType<AnalysisOutcome.NeedsFacts>(StatementAnalyzer.Analyze(target.Dump("star"), target.Catalog));
    }

    [Fact]
    public void Names_of_relations_and_columns_become_known_words()
    {
        var target = new GoldenTarget(18, _time);
        Assert.False(target.Catalog.ContainsWord("nickname"u8));
        target.Analyze("star");
        Assert.True(target.Catalog.ContainsWord("nickname"u8));
        Assert.True(target.Catalog.ContainsWord("patients"u8));
        Assert.False(target.Catalog.ContainsWord("MR-1"u8));
    }

    [Fact]
    public void Catalogue_queries_name_everything_with_its_schema()
    {
        var catalog = new TargetCatalog([], []);
        var all = catalog.QueryFor(new MissingFacts([1], [2], [3]) { PartitionKeys = true, Types = [4] }).Sql + string.Concat(catalog.Bootstrap.Select(query => query.Sql)) + TargetCatalog.Fingerprint("");
        Assert.DoesNotMatch("""(FROM|JOIN) (?!pg_catalog\.|\(|family)\w""", all);
        Assert.DoesNotMatch("""[\w)] (=|<>|<|>|\+|~) [\w(]""", all);
        Assert.DoesNotMatch("""::(?!pg_catalog\.)""", all);
    }

    private static bool Is(byte[]?[] row, string kind, string name) => GoldenTarget.Text(row, 0) == kind && GoldenTarget.Text(row, 3) == name;

    private static List<byte[]?[]> Rows(GoldenTarget target) => target.Answer(new MissingFacts([target.OidOf("patients")], [], []));

    private static void Reload(GoldenTarget target, Func<byte[]?[], byte[]?[]> change)
    {
        target.Analyze("star");
        target.Catalog.Load(target.Catalog.QueryFor(new MissingFacts([target.OidOf("patients")], [], [])), [.. Rows(target).Select(change)]);
    }
}
