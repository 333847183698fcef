using Sallyport.Gateway.Protocols.Postgres.Analysis;

namespace Sallyport.Unit.Gateway.Protocols.Postgres.Analysis;

public sealed class RowOriginsTests
{
    public static TheoryData<int> Majors => [.. GoldenTarget.Majors];

    [Theory]
    [MemberData(nameof(Majors))]
    public void Columns_of_one_stored_row_are_known_as_such(int major)
    {
        var target = new GoldenTarget(major);
        // SELECT display_name, patient_id FROM directory
        AssertSameRow(target, "view", "ward.patients.name", "ward.patients.patient_id");
        // SELECT p.patient_id, p.name, count(v.*) FROM patients p LEFT JOIN visits v ... GROUP BY p.patient_id
        AssertSameRow(target, "group_functional", "ward.patients.patient_id", "ward.patients.name");
    }

    [Theory]
    [MemberData(nameof(Majors))]
    public void Columns_of_two_rows_are_never_taken_for_one(int major)
    {
        var target = new GoldenTarget(major);
        // SELECT mrn, visit_id, j.name FROM (visits v JOIN patients p USING (mrn)) AS j
        var joined = Origins(target, "join_using");
        Assert.Equal("ward.patients.name", joined[2]?.Column);
        Assert.NotEqual(joined[1]?.Row, joined[2]?.Row);
        // SELECT count(v.*) is stored nowhere.
        Assert.Null(Origins(target, "group_functional")[2]);
        // A cast changes what is stored, or may.
        Assert.All(Origins(target, "cast_relabel"), origin => Assert.True(origin is null or { Column: "ward.patients.name" or "ward.patients.mrn" or "ward.patients.phone" }));
        // UPDATE ... RETURNING: what it returns it may have written.
        Assert.All(Origins(target, "update"), origin => Assert.Null(origin));
        // A set operation's rows come from several places.
        Assert.All(target.Statements.Where(name => name.Contains("union", StringComparison.Ordinal)), name => Assert.All(Origins(target, name), origin => Assert.Null(origin)));
    }

    private static void AssertSameRow(GoldenTarget target, string statement, string first, string second)
    {
        var origins = Origins(target, statement);
        Assert.Equal((first, second), (origins[0]?.Column, origins[1]?.Column));
        Assert.Equal(origins[0]?.Row, origins[1]?.Row);
    }

    private static RowOrigin?[] Origins(GoldenTarget target, string statement) => [.. target.Understand(statement).Outputs.Select(output => output.Origin)];
}
