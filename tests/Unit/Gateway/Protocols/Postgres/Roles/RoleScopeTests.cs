using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Roles;

namespace Sallyport.Unit.Gateway.Protocols.Postgres.Roles;

/// <summary>Grants as rights in the database.</summary>
public sealed class RoleScopeTests
{
    private static readonly ScopeSchema[] Schemas = [new("clinic", UsageGrantable: true, CreateGrantable: true), new("other", UsageGrantable: true, CreateGrantable: false)];

    private static readonly ScopeRelation[] Relations =
    [
        new("clinic", "patients", IsSequence: false, "", "rawd"),
        new("clinic", "visits", IsSequence: false, "", "rawd"),
        new("clinic", "visits_id_seq", IsSequence: true, "visits", "U"),
        new("other", "bills", IsSequence: false, "", "r"),
    ];

    [Fact]
    public void A_grant_of_one_table_opens_that_table_and_its_schema_only()
    {
        var scope = Of(new Grant { Name = "g", Target = "clinic", Allow = [CommandClass.Read], Tables = [new("clinic", "visits")] });
        Assert.Equal(["SELECT ON TABLE \"clinic\".\"visits\"", "USAGE ON SCHEMA \"clinic\""], scope.Grants);
    }

    [Fact]
    public void Writing_opens_the_sequences_of_the_table_and_ddl_the_schema_as_a_whole()
    {
        var scope = Of(new Grant { Name = "g", Target = "clinic", Allow = [CommandClass.Write, CommandClass.Ddl], Schemas = ["clinic"] });
        Assert.Equal(
            [
                "CREATE ON SCHEMA \"clinic\"", "INSERT, UPDATE, DELETE ON TABLE \"clinic\".\"patients\", \"clinic\".\"visits\"",
                "USAGE ON SCHEMA \"clinic\"", "USAGE ON SEQUENCE \"clinic\".\"visits_id_seq\"",
            ],
            scope.Grants);
    }

    [Fact]
    public void What_the_gateway_s_role_may_not_pass_on_is_left_out()
    {
        var scope = Of(new Grant { Name = "g", Target = "clinic", Allow = [CommandClass.Read, CommandClass.Write], Schemas = ["other"] });
        Assert.Equal(["SELECT ON TABLE \"other\".\"bills\"", "USAGE ON SCHEMA \"other\""], scope.Grants);
    }

    [Fact]
    public void A_closed_column_makes_the_rights_those_of_the_other_columns()
    {
        var grant = new ScopeGrant(new Grant { Name = "g", Target = "clinic", Allow = [CommandClass.Read, CommandClass.Write], Tables = [new("clinic", "patients")] })
            .Without([new ColumnName("clinic", "patients", "mrn")]);
        var scope = RoleScope.Of([grant], Schemas, Relations, Columns());
        Assert.Equal(
            [
                "DELETE ON TABLE \"clinic\".\"patients\"", "INSERT (\"id\", \"name\") ON TABLE \"clinic\".\"patients\"", "SELECT (\"id\", \"name\") ON TABLE \"clinic\".\"patients\"",
                "UPDATE (\"id\", \"name\") ON TABLE \"clinic\".\"patients\"", "USAGE ON SCHEMA \"clinic\"",
            ],
            scope.Grants);
    }

    [Fact]
    public void A_column_that_another_grant_opens_is_open()
    {
        var table = new Grant { Name = "g", Target = "clinic", Allow = [CommandClass.Read], Tables = [new("clinic", "patients")] };
        var scope = RoleScope.Of([new ScopeGrant(table).Without([new ColumnName("clinic", "patients", "mrn")]), new ScopeGrant(table)], Schemas, Relations, Columns());
        Assert.Contains("SELECT (\"id\", \"mrn\", \"name\") ON TABLE \"clinic\".\"patients\"", scope.Grants);
    }

    [Fact]
    public void The_order_of_grants_does_not_change_the_fingerprint_and_their_rights_do()
    {
        var one = new Grant { Name = "a", Target = "clinic", Allow = [CommandClass.Read], Tables = [new("clinic", "visits")] };
        var two = new Grant { Name = "b", Target = "clinic", Allow = [CommandClass.Read], Schemas = ["other"] };
        Assert.Equal(Of(one, two).Fingerprint, Of(two, one).Fingerprint);
        Assert.NotEqual(Of(one, two).Fingerprint, Of(one).Fingerprint);
    }

    [Fact]
    public void Names_are_quoted()
    {
        var scope = RoleScope.Of(
            [new ScopeGrant(new Grant { Name = "g", Target = "clinic", Allow = [CommandClass.Read] })],
            [new ScopeSchema("a\"b", UsageGrantable: true, CreateGrantable: false)],
            [new ScopeRelation("a\"b", "c;d", IsSequence: false, "", "r")],
            Array.Empty<(string, string)>().ToLookup(static pair => pair, static _ => ""));
        Assert.Equal(["SELECT ON TABLE \"a\"\"b\".\"c;d\"", "USAGE ON SCHEMA \"a\"\"b\""], scope.Grants);
    }

    private static RoleScope Of(params Grant[] grants) =>
        RoleScope.Of([.. grants.Select(static grant => new ScopeGrant(grant))], Schemas, Relations, Array.Empty<(string, string)>().ToLookup(static pair => pair, static _ => ""));

    private static ILookup<(string, string), string> Columns() =>
        new[] { "id", "mrn", "name" }.ToLookup(static _ => ("clinic", "patients"), static column => column);
}
