using Sallyport.Gateway.Policy;

namespace Sallyport.Unit.Gateway.Policy;

public sealed class QualifiedNameTests
{
    [Theory]
    [InlineData("clinic.patients", "clinic|patients")]
    [InlineData("Clinic.Patients", "Clinic|Patients")]
    [InlineData("\"we.ird\".\"na\"\"me\"", "we.ird|na\"me")]
    [InlineData("\"a b\".c", "a b|c")]
    [InlineData("a.b.c", null)]
    [InlineData("a", null)]
    [InlineData("a.", null)]
    [InlineData(".a", null)]
    [InlineData("", null)]
    [InlineData("a.b ", null)]
    [InlineData("a.b\"c\"", null)]
    [InlineData("\"a.b", null)]
    [InlineData("\"\".b", null)]
    public void Names_are_cut_as_PostgreSQL_spells_them(string text, string? parts) =>
        Assert.Equal(parts, QualifiedName.TrySplit(text, 2, out var split) ? string.Join('|', split) : null);

    [Fact]
    public void An_identifier_is_at_most_as_long_as_PostgreSQL_stores_it()
    {
        Assert.True(QualifiedName.TrySplit("a." + new string('b', QualifiedName.MaxIdentifierBytes), 2, out _));
        Assert.False(QualifiedName.TrySplit("a." + new string('b', QualifiedName.MaxIdentifierBytes + 1), 2, out _));
        Assert.False(QualifiedName.TrySplit("a." + new string('\u00e9', 32), 2, out _));
    }

    [Theory]
    [InlineData("clinic", "patients", "mrn")]
    [InlineData("we.ird", "na\"me", "\"")]
    public void What_is_joined_can_be_cut_again(string schema, string table, string column)
    {
        Assert.True(QualifiedName.TrySplit(QualifiedName.Join(schema, table, column), 3, out var parts));
        Assert.Equal([schema, table, column], parts);
    }
}
