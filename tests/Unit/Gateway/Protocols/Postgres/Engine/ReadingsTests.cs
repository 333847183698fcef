using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Analysis;
using Sallyport.Gateway.Protocols.Postgres.Engine;

namespace Sallyport.Unit.Gateway.Protocols.Postgres.Engine;

public sealed class ReadingsTests
{
    private static StatementAnalysis Reading(params OutputColumn[] outputs) => new() { Class = CommandClass.Read, Effects = Effects.None, Outputs = [.. outputs] };

    [Fact]
    public void A_column_is_tagged_when_either_reading_tags_it()
    {
        var tagged = new OutputColumn(0, "s.t.c", "NAME");
        var joined = Readings.Join(Reading(new OutputColumn(0, null, null)), Reading(tagged));
        Assert.Equal(tagged, Assert.Single(joined!.Outputs));
        joined = Readings.Join(Reading(tagged), Reading(new OutputColumn(0, null, null)));
        Assert.Equal(tagged, Assert.Single(joined!.Outputs));
    }

    [Theory]
    [InlineData("s.t.c", "NAME", false)]
    [InlineData("s.t.d", "NAME", true)]
    [InlineData("s.t.c", "MRN", true)]
    public void Two_columns_under_one_name_get_a_constant(string source, string tag, bool isDerived)
    {
        var joined = Readings.Join(Reading(new OutputColumn(0, "s.t.c", "NAME")), Reading(new OutputColumn(0, source, tag)));
        Assert.Equal(isDerived, joined!.Outputs[0].IsDerived);
    }

    [Fact]
    public void What_either_reading_does_counts()
    {
        var read = Reading() with { Relations = [new RelationUse("s", "a", RelationAccess.Read)], TouchesPhi = true, PhiColumns = ["s.a.c"] };
        var write = Reading() with { Class = CommandClass.Write, Effects = Effects.Delete, Unbounded = true, Relations = [new RelationUse("s", "b", RelationAccess.Write)], Functions = ["s.f"] };
        foreach (var joined in new[] { Readings.Join(read, write)!, Readings.Join(write, read)! })
        {
            Assert.Equal((CommandClass.Write, Effects.Delete, true, true), (joined.Class, joined.Effects, joined.Unbounded, joined.TouchesPhi));
            Assert.Equal(["a", "b"], joined.Relations.Select(r => r.Name).Order());
            Assert.Equal(["s.f"], joined.Functions);
            Assert.Equal(["s.a.c"], joined.PhiColumns);
        }
    }

    [Fact]
    public void Readings_with_other_columns_cannot_be_joined() =>
        Assert.Null(Readings.Join(Reading(), Reading(new OutputColumn(0, null, null))));
}
