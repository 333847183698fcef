using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Analysis;
using Sallyport.Gateway.Protocols.Postgres.Analysis.Catalog;

namespace Sallyport.Unit.Gateway.Protocols.Postgres.Analysis.Catalog;

public sealed class DeclaredTagsTests
{
    private const uint Table = 20001;
    private static readonly TaggedColumn Mrn = new("clinic", "patients", "mrn", "MRN");

    private readonly ColumnMemory _memory = new();

    [Fact]
    public void What_is_there_at_first_sight_is_as_declared() => Assert.Equal("MRN -", Resolve("mrn", "age"));

    [Fact]
    public void What_comes_later_is_not_classified_until_it_is_declared()
    {
        Resolve("mrn", "age");
        Assert.Equal("MRN - UNCLASSIFIED", Resolve("mrn", "age", "note"));
        Assert.Equal("MRN - UNCLASSIFIED", Resolve("mrn", "age", "note"));
        Assert.Equal("MRN - -", ResolveWithClean("note", "mrn", "age", "note"));
    }

    [Fact]
    public void A_restart_forgets_neither_what_was_there_nor_what_was_called_otherwise()
    {
        Resolve("mrn", "age");
        var after = new ColumnMemory();
        after.Load(_memory.TakeUnsaved());
        Assert.Equal("MRN - UNCLASSIFIED", Resolve(after, [Mrn], null, "number", "age", "note"));
    }

    [Fact]
    public void A_tag_that_is_taken_out_of_the_configuration_is_gone()
    {
        Resolve("mrn", "age");
        var other = new TaggedColumn("clinic", "patients", "age", "AGE");
        Assert.Equal("- AGE", Resolve(_memory, [other], null, "mrn", "age"));
    }

    [Fact]
    public void A_swap_of_names_tags_both()
    {
        Resolve("mrn", "age");
        Assert.Equal("MRN MRN", Resolve("age", "mrn"));
    }

    [Fact]
    public void A_declared_column_that_never_was_there_makes_every_column_protected()
    {
        Assert.Equal("UNCLASSIFIED UNCLASSIFIED", Resolve("mrm", "age"));
        Assert.Equal("MRN -", Resolve("mrn", "age"));
    }

    [Fact]
    public void A_declared_column_that_was_dropped_is_no_drift()
    {
        Resolve("mrn", "age");
        Assert.Equal("- -", Resolve(_memory, [Mrn], null, Rows(null, "age")));
    }

    [Fact]
    public void Values_that_were_computed_from_tagged_ones_stay_protected_when_the_column_is_generated_no_longer()
    {
        var rows = Rows("mrn", "search");
        rows.GeneratedFrom.Add((2, 1));
        Assert.Equal("MRN DERIVED", Resolve(_memory, [Mrn], null, rows));
        Assert.Equal("MRN DERIVED", Resolve("mrn", "search"));
    }

    [Fact]
    public void Children_parents_and_foreign_keys_are_as_protected_as_what_they_share()
    {
        var child = Rows("mrn", "age");
        child = new RelationRows { Oid = 20002, Schema = "clinic", Name = "child", Kind = 'r', Columns = child.Columns };
        child.Family.Add(("clinic", "patients"));
        child.ForeignKeys.Add((2, "clinic", "patients", "mrn"));
        Assert.Equal("MRN MRN", Resolve(_memory, [Mrn], null, child));
    }

    [Fact]
    public void Names_are_spelled_as_the_policy_spells_them()
    {
        TaggedColumn odd = new("clinic", "patients", "m.r\"n", "MRN");
        var source = new DeclaredTags([odd], [], _memory).Resolve(Rows("m.r\"n", "age"))[0]!;
        Assert.Equal("clinic.patients.\"m.r\"\"n\"", source.FullName);
        Assert.Equal(source.FullName, source.ListedAs);
    }

    [Fact]
    public void Only_a_listed_column_under_its_own_name_in_a_table_that_has_them_all_can_be_shown()
    {
        Assert.Equal("clinic.patients.mrn -", Listed(Rows("mrn", "age")));
        Assert.Equal("- -", Listed(Rows("number", "age")));
        var child = new RelationRows { Oid = 20002, Schema = "clinic", Name = "child", Kind = 'r', Columns = ["mrn", "search"] };
        child.Family.Add(("clinic", "patients"));
        child.GeneratedFrom.Add((2, 1));
        Assert.Equal("- -", Listed(child));
        Assert.Equal("- -", Listed(Rows("mrn", "age"), new TaggedColumn("clinic", "patients", "ssn", "SSN")));

        // Renamed behind the gateway: what is called mrn now was the listed ssn before, and stays so however often it is looked at.
        var ssn = new TaggedColumn("clinic", "patients", "ssn", "SSN");
        var renamed = new RelationRows { Oid = 20003, Schema = "clinic", Name = "patients", Kind = 'r', Columns = ["mrn", "ssn"] };
        Assert.Equal("clinic.patients.mrn clinic.patients.ssn", Listed(renamed, ssn));
        renamed.Columns = ["old", "mrn"];
        Assert.Equal("- -", Listed(renamed, ssn));
        Assert.Equal("- -", Listed(renamed, ssn));
        renamed.Columns = ["ssn", "mrn"];
        Assert.Equal("- -", Listed(renamed, ssn));

        string Listed(RelationRows rows, params TaggedColumn[] more) =>
            string.Join(' ', new DeclaredTags([Mrn, .. more], [], _memory).Resolve(rows).Select(static tag => tag?.ListedAs ?? "-"));
    }

    private static RelationRows Rows(params string?[] columns) => new() { Oid = Table, Schema = "clinic", Name = "patients", Kind = 'r', Columns = columns };

    private static string Resolve(ColumnMemory memory, TaggedColumn[] tagged, string? clean, RelationRows rows) =>
        string.Join(' ', new DeclaredTags(tagged, clean is null ? [] : [new PhiColumn("clinic", "patients", clean, "none")], memory).Resolve(rows).Select(tag => tag?.Tag ?? "-"));

    private static string Resolve(ColumnMemory memory, TaggedColumn[] tagged, string? clean, params string?[] columns) => Resolve(memory, tagged, clean, Rows(columns));

    private string Resolve(params string?[] columns) => Resolve(_memory, [Mrn], null, Rows(columns));

    private string ResolveWithClean(string clean, params string?[] columns) => Resolve(_memory, [Mrn], clean, Rows(columns));
}
