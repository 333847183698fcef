using Sallyport.Gateway.Protocols.Postgres.Administration;

namespace Sallyport.Unit.Gateway.Protocols.Postgres.Administration;

public sealed class FloorPlannerTests
{
    private static readonly RoleFacts Good = new([], CanLogin: true, [], HidesDumps: true);

    private static readonly FloorFacts Nothing = new()
    {
        Role = "flo\"or",
        Database = "clinic",
        Existing = Good,
        Others = ["app", "we\"ird"],
        MayConnect = true,
        Schemas = [],
        Relations = [],
        Columns = [],
        Routines = [],
        Servers = [],
        Missing = [],
    };

    [Fact]
    public void A_role_that_is_the_floor_needs_nothing() => Assert.Empty(Plan(Nothing));

    [Fact]
    public void A_missing_role_is_made_and_what_goes_past_rights_is_taken_away()
    {
        Assert.StartsWith("DO 'BEGIN IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = ''flo\"or'') THEN CREATE ROLE \"flo\"\"or\" LOGIN", Plan(Nothing with { Existing = null })[0]);
        Assert.Equal(
            ["ALTER ROLE \"flo\"\"or\" LOGIN NOSUPERUSER NOBYPASSRLS", "REVOKE \"boss\" FROM \"flo\"\"or\"", "ALTER ROLE \"flo\"\"or\" SET log_min_messages = fatal"],
            Plan(Nothing with { Existing = new RoleFacts(["NOSUPERUSER", "NOBYPASSRLS"], CanLogin: true, ["boss"], HidesDumps: false) }));
    }

    [Fact]
    public void A_table_of_PHI_is_opened_column_by_column() => Assert.Equal(
        ["GRANT SELECT (\"id\", \"note\") ON TABLE \"s\".\"t\" TO \"flo\"\"or\"", "GRANT UPDATE (\"note\") ON TABLE \"s\".\"t\" TO \"flo\"\"or\"", "GRANT DELETE ON TABLE \"s\".\"t\" TO \"flo\"\"or\""],
        Plan(Table(source: "rwd", effective: "")));

    [Fact]
    public void A_right_on_the_whole_table_goes_before_its_columns_come() => Assert.Equal(
        [
            "REVOKE ALL ON TABLE \"s\".\"t\" FROM \"flo\"\"or\"", "GRANT SELECT (\"id\", \"note\") ON TABLE \"s\".\"t\" TO \"flo\"\"or\"",
            "GRANT UPDATE (\"note\") ON TABLE \"s\".\"t\" TO \"flo\"\"or\"",
        ],
        Plan(Table(source: "r", effective: "r", direct: "r", columns: "rw")));

    [Fact]
    public void What_PUBLIC_loses_the_others_keep() => Assert.Equal(
        [
            "REVOKE SELECT ON TABLE \"s\".\"t\" FROM PUBLIC", "GRANT SELECT ON TABLE \"s\".\"t\" TO \"app\", \"we\"\"ird\"",
            "GRANT SELECT (\"id\", \"note\") ON TABLE \"s\".\"t\" TO \"flo\"\"or\"", "GRANT UPDATE (\"note\") ON TABLE \"s\".\"t\" TO \"flo\"\"or\"",
        ],
        Plan(Table(source: "r", effective: "r", open: "r", columns: "rw")));

    [Fact]
    public void A_view_built_on_PHI_is_withheld_and_one_that_is_not_is_opened()
    {
        var view = new RelationRights(1, "s", "v", 'v', HoldsPhi: false, DependsOnPhi: true, Owned: false, "r", "r", "r", "");
        Assert.Equal(["REVOKE ALL ON TABLE \"s\".\"v\" FROM \"flo\"\"or\""], Plan(Nothing with { Relations = [view] }));
        Assert.Equal(
            ["GRANT SELECT ON TABLE \"s\".\"v\" TO \"flo\"\"or\""],
            Plan(Nothing with { Relations = [view with { DependsOnPhi = false, Effective = "", Direct = "" }] }));
    }

    [Fact]
    public void What_the_role_owns_is_named_because_no_revoke_helps()
    {
        var plan = FloorPlanner.Plan(Nothing with { Relations = [new RelationRights(1, "s", "t", 'r', true, true, Owned: true, "r", "r", "", "")] }, FloorLevel.Full);
        Assert.Empty(plan.Statements);
        Assert.Contains("owns \"s\".\"t\"", Assert.Single(plan.Notes));
    }

    [Fact]
    public void Functions_are_taken_at_the_full_level_only()
    {
        var facts = Nothing with
        {
            Routines = [new RoutineFacts("s.f(integer)", "runs with its owner's rights", Public: true, Direct: true)],
            Servers = [new ServerFacts("far", Public: false, Direct: true)],
            Schemas = [new SchemaFacts("public", SourceUses: true, RoleUses: true, PublicCreates: true, RoleCreates: false)],
        };
        Assert.Empty(FloorPlanner.Plan(facts, FloorLevel.Columns).Statements);
        Assert.Equal(
            [
                "REVOKE CREATE ON SCHEMA \"public\" FROM PUBLIC", "GRANT CREATE ON SCHEMA \"public\" TO \"app\", \"we\"\"ird\"",
                "REVOKE EXECUTE ON ROUTINE s.f(integer) FROM PUBLIC", "GRANT EXECUTE ON ROUTINE s.f(integer) TO \"app\", \"we\"\"ird\"",
                "REVOKE EXECUTE ON ROUTINE s.f(integer) FROM \"flo\"\"or\"", "REVOKE USAGE ON FOREIGN SERVER \"far\" FROM \"flo\"\"or\"",
            ],
            Plan(facts));
    }

    [Fact]
    public void A_declared_column_that_is_not_there_is_told() =>
        Assert.Contains("s.t.gone", Assert.Single(FloorPlanner.Plan(Nothing with { Missing = ["s.t.gone"] }, FloorLevel.Full).Notes));

    [Theory]
    [InlineData("a\"b", "\"a\"\"b\"")]
    [InlineData("a'; DROP", "\"a'; DROP\"")]
    public void Names_are_quoted(string name, string quoted) => Assert.Equal(quoted, SqlQuoting.Name(name));

    [Fact]
    public void Names_and_texts_PostgreSQL_cannot_hold_are_refused()
    {
        Assert.Throws<ArgumentException>(() => SqlQuoting.Name(""));
        Assert.Throws<ArgumentException>(() => SqlQuoting.Name("a\0"));
        Assert.Throws<ArgumentException>(() => SqlQuoting.Text("a\0"));
        Assert.Equal("'it''s \\'", SqlQuoting.Text("it's \\"));
    }

    private static List<string> Plan(FloorFacts facts) => [.. FloorPlanner.Plan(facts, FloorLevel.Full).Statements.Select(statement => statement.Sql)];

    /// <summary>A table with a tagged column and two others, one of which may be changed.</summary>
    private static FloorFacts Table(string source, string effective, string direct = "", string open = "", string columns = "") => Nothing with
    {
        Relations = [new RelationRights(1, "s", "t", 'r', HoldsPhi: true, DependsOnPhi: true, Owned: false, source, effective, direct, open)],
        Columns =
        [
            new ColumnRights(1, "id", IsTagged: false, "r", columns, "", ""),
            new ColumnRights(1, "mrn", IsTagged: true, "raw", columns, "", ""),
            new ColumnRights(1, "note", IsTagged: false, "rw", columns, "", ""),
        ],
    };
}
