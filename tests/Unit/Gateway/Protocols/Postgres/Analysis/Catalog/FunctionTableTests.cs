using System.Text;
using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Analysis.Catalog;

namespace Sallyport.Unit.Gateway.Protocols.Postgres.Analysis.Catalog;

public sealed class FunctionTableTests
{
    private const uint Oid = 20001;
    private static readonly string Read = new('a', 64);
    private static readonly string Changed = new('b', 64);

    [Theory]
    [InlineData("i", "sql", "f00000")]
    [InlineData("s", "sql", "f00000")]
    [InlineData("s", "sql", "f10000")]
    [InlineData("s", "sql", "f00010")]
    [InlineData("s", "plpgsql", "f00000")]
    [InlineData("v", "sql", "f00001")]
    [InlineData("v", "plpgsql", "f10001")]
    public void A_function_nobody_has_read_returns_protected_values(string volatility, string language, string flags) =>
        Assert.Equal(FunctionVerdict.Tainting, Own([], volatility, language, flags).Verdict);

    [Fact]
    public void A_volatile_function_whose_body_only_reads_counts_as_stable()
    {
        Assert.False(Own([], "v", "sql", "f00001").IsVolatile);
        Assert.True(Own([Pin("clinic", FunctionTrust.Tainting, Read)], "v", "sql", "f00000").IsVolatile);
    }

    [Theory]
    [InlineData("v", "sql", "f00000", "volatile")]
    [InlineData("v", "plpgsql", "f00011", "SQL text")]
    [InlineData("v", "sql", "f00101", "returns rows")]
    [InlineData("v", "sql", "f01001", "may create functions")]
    [InlineData("s", "plpgsql", "f00010", "SQL text")]
    [InlineData("i", "c", "f00000", "not written in")]
    [InlineData("s", "plpython3u", "f00000", "not written in")]
    [InlineData("s", "sql", "f01000", "may create functions")]
    [InlineData("s", "sql", "f00100", "returns rows")]
    [InlineData("s", "sql", "p00000", "procedure")]
    [InlineData("s", "internal", "w00000", "window")]
    public void A_function_nobody_has_read_that_could_do_more_than_return_is_denied(string volatility, string language, string flags, string why)
    {
        var facts = Own([], volatility, language, flags);
        Assert.Equal(FunctionVerdict.Unclassified, facts.Verdict);
        Assert.Contains(why, facts.Denial, StringComparison.Ordinal);
    }

    [Fact]
    public void A_temporary_function_is_denied_whatever_was_declared() =>
        Assert.Equal(FunctionVerdict.Unclassified, Own([Pin("pg_temp_3", FunctionTrust.Pure, Read)], schema: "pg_temp_3").Verdict);

    [Theory]
    [InlineData(FunctionTrust.Pure, FunctionVerdict.Pure)]
    [InlineData(FunctionTrust.Clean, FunctionVerdict.Clean)]
    [InlineData(FunctionTrust.Tainting, FunctionVerdict.Tainting)]
    public void A_pinned_definition_is_trusted_as_declared(FunctionTrust trust, object verdict) =>
        Assert.Equal(verdict, Own([Pin("clinic", trust, Read)]).Verdict);

    [Theory]
    [InlineData(FunctionTrust.Pure, FunctionVerdict.SideEffect)]
    [InlineData(FunctionTrust.Clean, FunctionVerdict.SideEffect)]
    [InlineData(FunctionTrust.Tainting, FunctionVerdict.Tainting)]
    public void A_pinned_volatile_function_may_run_but_counts_as_a_side_effect(FunctionTrust trust, object verdict) =>
        Assert.Equal(verdict, Own([Pin("clinic", trust, Read)], volatility: "v").Verdict);

    [Fact]
    public void A_definition_that_changed_after_it_was_pinned_is_denied_and_says_so()
    {
        var facts = Own([Pin("clinic", FunctionTrust.Pure, Changed)]);
        Assert.Equal(FunctionVerdict.Unclassified, facts.Verdict);
        Assert.Contains("has changed", facts.Denial, StringComparison.Ordinal);
        Assert.Equal((Read, "clinic.age_band(date)"), (facts.Sha256, facts.Signature));
    }

    [Fact]
    public void A_pin_holds_for_its_signature_and_a_name_for_all()
    {
        var other = new DeclaredFunction("clinic", "age_band", "integer", FunctionTrust.Pure, Read);
        Assert.Equal(FunctionVerdict.Tainting, Own([other]).Verdict);
        Assert.Equal(FunctionVerdict.Pure, Own([other, Name("clinic")]).Verdict);
    }

    [Theory]
    [InlineData("i", "f10000", FunctionVerdict.Tainting)]
    [InlineData("i", "f01000", FunctionVerdict.Unclassified)]
    [InlineData("v", "f00000", FunctionVerdict.Unclassified)]
    public void A_name_alone_is_not_enough_for_what_runs_as_its_owner_can_be_replaced_or_writes(string volatility, string flags, object verdict) =>
        Assert.Equal(verdict, Own([Name("clinic")], volatility, flags: flags).Verdict);

    [Fact]
    public void A_members_verdict_is_that_of_its_extension_and_a_users_function_of_the_same_name_gains_nothing()
    {
        Assert.Equal(FunctionVerdict.Pure, Extension("citext").Verdict);
        Assert.Equal(FunctionVerdict.Forbidden, Extension("dblink").Verdict);
        Assert.Equal(FunctionVerdict.Forbidden, Extension("nobody_knows_it").Verdict);
        Assert.Equal(FunctionVerdict.Unclassified, Own([], volatility: "v", schema: "citext").Verdict);
    }

    [Theory]
    [InlineData(FunctionTrust.Pure, FunctionVerdict.Pure)]
    [InlineData(FunctionTrust.Tainting, FunctionVerdict.Unclassified)]
    public void An_aggregate_is_judged_by_the_functions_it_is_made_of(FunctionTrust trust, object verdict)
    {
        var table = new FunctionTable([Pin("clinic", trust, Read)]);
        table.Load(
        [
            Row("f", "20002", "clinic", "longest", "i", "date", null, null),
            Row("u", "20002", Read, "date", "a00000", "internal", "20001,0,0,0,0,0,0,0", null),
            Row("f", "20001", "clinic", "age_band", "i", "date", null, null),
            Row("u", "20001", Read, "date", "f00000", "sql", null, null),
        ]);
        Assert.Equal(verdict, table.Find(20002)!.Verdict);
    }

    [Fact]
    public void After_ddl_own_functions_are_to_be_read_again()
    {
        var table = new FunctionTable([]);
        table.Load([Row("f", "20001", "clinic", "f", "i", "", null, null), Row("f", "31", "pg_catalog", "byteaout", "i", "bytea", null, null)]);
        table.Invalidate();
        Assert.Null(table.Find(20001));
        Assert.NotNull(table.Find(31));
    }

    private static DeclaredFunction Pin(string schema, FunctionTrust trust, string sha256) => new(schema, "age_band", "date", trust, sha256);

    private static DeclaredFunction Name(string schema) => new(schema, "age_band", null, FunctionTrust.Pure, null);

    private static FunctionFacts Own(
        IEnumerable<DeclaredFunction> declared, string volatility = "i", string language = "sql", string flags = "f00000", string schema = "clinic")
    {
        var table = new FunctionTable(declared);
        table.Load([Row("f", "20001", schema, "age_band", volatility, "date", null, null), Row("u", "20001", Read, "date", flags, language, null, null)]);
        return table.Find(Oid)!;
    }

    private static FunctionFacts Extension(string name)
    {
        var table = new FunctionTable([]);
        table.Load([Row("f", "20001", "public", "any", "i", "text", null, name)]);
        return table.Find(Oid)!;
    }

    private static byte[]?[] Row(params string?[] cells) => [.. cells.Select(cell => cell is null ? null : Encoding.UTF8.GetBytes(cell))];
}
