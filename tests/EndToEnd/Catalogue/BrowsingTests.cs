using Sallyport.EndToEnd.Support;
using Sallyport.EndToEnd.Systems;

namespace Sallyport.EndToEnd.Catalogue;

/// <summary>What tools ask to show a schema is answered as the server itself answers it.</summary>
public sealed class BrowsingTests(BrowsingTests.Fixture fixture) : IClassFixture<BrowsingTests.Fixture>
{
    /// <summary>Every command of psql 15 that describes something. Only <c>\deu+</c> is refused: it computes with the options of user mappings, which hold passwords.</summary>
    private static readonly string[] Commands =
    [
        @"\d", @"\d clinic.*", @"\d+ clinic.patients", @"\dS+ pg_class", @"\da", @"\dA+", @"\dAc", @"\dAf", @"\dAo", @"\dAp", @"\db+", @"\dc", @"\dC",
        @"\dd", @"\dD+", @"\ddp", @"\dE", @"\des+", @"\det+", @"\deu", @"\dew+", @"\df+ clinic.*", @"\dF+", @"\dFd+", @"\dFp+", @"\dFt+", @"\dg+", @"\di+ clinic.*",
        @"\dl", @"\dL+", @"\dm+", @"\dn+", @"\do clinic.*", @"\dO+", @"\dp clinic.*", @"\dP+", @"\drds", @"\dRp+", @"\dRs", @"\ds+", @"\dt+ clinic.*", @"\dT+ clinic.*", @"\du+",
        @"\dv+ clinic.*", @"\dx", @"\dX", @"\dy", @"\l", @"\sf clinic.browse_f", @"\sv clinic.browse_v", @"\z clinic.patients", @"\d clinic.browse_part", @"\d+ clinic.browse_part",
        @"\d clinic.browse_m", @"\d clinic.browse_v", @"\dt *.*", @"\dti clinic.*",
    ];

    private readonly string _token = Shared.Issuer.Agent("agent-1", seconds: 3600);

    [Fact]
    public async Task Every_describing_command_of_psql_answers_as_the_server_does()
    {
        var script = string.Join('\n', Commands.Select(command => $"\\echo {command.Replace("\\", "\\\\", StringComparison.Ordinal)}\n{command}")) + "\n";
        var through = await fixture.Gateway.Psql(_token).ScriptAsync(script);
        var direct = await fixture.DirectAsync(script);
        Assert.Equal(Said(direct.Error), Said(through.Error));
        Assert.Equal(direct.Output, through.Output);
    }

    /// <summary>SQLAlchemy, Django, Prisma, Hibernate and DBeaver learn the schema through the gateway as they do from the server.</summary>
    [Fact]
    public async Task Tools_learn_the_schema_as_the_server_tells_it()
    {
        var script = await File.ReadAllTextAsync(Path.Combine(TestRun.Repository, "tests", "EndToEnd", "Catalogue", "introspection.sql"));
        var through = await fixture.Gateway.Psql(_token).ScriptAsync(script);
        var direct = await fixture.DirectAsync(script);
        Assert.Equal("", direct.Error);
        Assert.Equal("", through.Error);
        Assert.Equal(direct.Output, through.Output);
    }

    /// <summary>What psql says about objects there are none of, without the names of its files.</summary>
    private static string Said(string error) => string.Join('\n', error.Split('\n').Select(line => line[(line.IndexOf(".sql:", StringComparison.Ordinal) + 1)..]));

    [Theory]
    [InlineData("SELECT * FROM pg_stats_ext")]
    [InlineData("SELECT * FROM pg_user_mappings")]
    [InlineData("SELECT schemaname, tablename, attname, null_frac, n_distinct, most_common_vals::text FROM pg_stats WHERE schemaname = 'clinic' ORDER BY 2, 3")]
    [InlineData("SELECT * FROM information_schema.columns WHERE table_schema = 'clinic' ORDER BY table_name, ordinal_position")]
    [InlineData("SELECT conname, pg_get_constraintdef(oid), conrelid::regclass FROM pg_constraint WHERE connamespace = 'clinic'::regnamespace ORDER BY 1")]
    public async Task Catalogue_views_work_and_show_no_value(string sql)
    {
        var answer = await fixture.Gateway.Psql(_token).QueryAsync(sql);
        Assert.Equal("", answer.Error);
        Assert.True(answer.Output.Length > 0 || sql.StartsWith("SELECT * FROM pg_", StringComparison.Ordinal));
        Assert.DoesNotContain(fixture.Values, value => answer.Output.Contains(value, StringComparison.OrdinalIgnoreCase));
    }

    public sealed class Fixture : GatewayFixture
    {
        internal IReadOnlyList<string> Values { get; private set; } = [];

        internal Task<Finished> DirectAsync(string script) => new Psql("127.0.0.1", Server.Port, Database, PostgresServer.GatewayUser, PostgresServer.GatewayPassword).ScriptAsync(script);

        private protected override async Task PrepareAsync()
        {
            await Server.ExecuteAsync(
                $"""
                CREATE TABLE clinic.browse_part (id int NOT NULL, born date, note text) PARTITION BY RANGE (id);
                CREATE TABLE clinic.browse_part_1 PARTITION OF clinic.browse_part FOR VALUES FROM (1) TO (100);
                CREATE VIEW clinic.browse_v AS SELECT patient_id, first_name FROM clinic.patients WHERE patient_id < 10;
                CREATE MATERIALIZED VIEW clinic.browse_m AS SELECT patient_id FROM clinic.patients;
                CREATE FUNCTION clinic.browse_f(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 + 1';
                CREATE TYPE clinic.browse_e AS ENUM ('a', 'b');
                CREATE STATISTICS clinic.browse_s ON patient_id, first_name FROM clinic.patients;
                CREATE PUBLICATION browse_p FOR TABLE clinic.browse_part_1;
                COMMENT ON TABLE clinic.browse_part IS 'parts';
                GRANT SELECT ON ALL TABLES IN SCHEMA clinic TO {PostgresServer.GatewayUser};
                ANALYZE;
                """,
                Database);
            Values = await PatientValues.OfFirstAsync(Server, 40, Database);
        }
    }
}
