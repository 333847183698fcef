using System.Net;
using Npgsql;
using Sallyport.EndToEnd.Support;
using Sallyport.EndToEnd.Systems;

namespace Sallyport.EndToEnd.Tools;

/// <summary><c>sallyport floor</c> and floor mode: the role that PostgreSQL itself keeps from PHI, whatever the gateway does.</summary>
public abstract class FloorTests
{
    private const string Odd = "\"Odd \"\"Schema\"";

    /// <summary>Copies of PHI, and ways to it, as real databases have them.</summary>
    private const string Objects = $"""
        CREATE SCHEMA {Odd};
        CREATE TABLE {Odd}."the; table" (id integer PRIMARY KEY, "na""me" text, "up'per" text GENERATED ALWAYS AS (upper("na""me")) STORED, note text);
        INSERT INTO {Odd}."the; table" (id, "na""me", note) VALUES (1, 'canary', 'harmless');
        CREATE TABLE scratch.visits (id integer, day date, mrn varchar(12)) PARTITION BY RANGE (id);
        CREATE TABLE scratch.visits_1 PARTITION OF scratch.visits FOR VALUES FROM (0) TO (1000);
        CREATE TABLE scratch.parent (id integer, ssn text);
        CREATE TABLE scratch.child (extra text) INHERITS (scratch.parent);
        CREATE TABLE scratch.refers (id integer PRIMARY KEY, chart varchar(12) REFERENCES clinic.patients (mrn));
        CREATE TABLE scratch.plain (id serial PRIMARY KEY, label text);
        CREATE VIEW scratch.directory AS SELECT patient_id, last_name FROM clinic.patients;
        CREATE VIEW scratch.chained AS SELECT * FROM scratch.directory;
        CREATE VIEW scratch.whole AS SELECT p.patient_id, p FROM clinic.patients p;
        CREATE VIEW scratch.clean AS SELECT name FROM clinic.payers;
        CREATE MATERIALIZED VIEW scratch.kept AS SELECT patient_id, mrn FROM clinic.patients;
        GRANT SELECT ON scratch.kept TO PUBLIC;
        CREATE FUNCTION scratch.lookup(int) RETURNS text LANGUAGE sql SECURITY DEFINER AS 'SELECT mrn FROM clinic.patients WHERE patient_id = $1';
        CREATE FUNCTION scratch.invoker(int) RETURNS text LANGUAGE sql AS 'SELECT mrn FROM clinic.patients WHERE patient_id = $1';
        CREATE EXTENSION dblink;
        GRANT SELECT ON clinic.providers TO PUBLIC;
        GRANT USAGE ON SCHEMA scratch, {Odd} TO sallyport;
        GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA scratch, {Odd} TO sallyport;
        GRANT USAGE ON ALL SEQUENCES IN SCHEMA scratch TO sallyport;
        """;

    private static readonly string Phi = GatewaySettings.ClinicPhi()
        + "\nscratch.visits.mrn: MRN\nscratch.parent.ssn: SSN\n'\"Odd \"\"Schema\".\"the; table\".\"na\"\"me\"': NAME";

    private static string Operator => Shared.Issuer.Human("olga", "operators");

    protected abstract int Major { get; }

    [Fact]
    public async Task The_role_reads_everything_but_PHI_and_a_second_run_finds_nothing_missing()
    {
        var (gateway, server, database) = await StartAsync();
        await using (gateway)
        {
            var role = $"floor \"{database}";
            var applied = (await ApplyAsync(gateway, role)).Expect(0);
            Assert.Contains("This was done", applied.Output);
            await server.ExecuteAsync($"ALTER ROLE \"{role.Replace("\"", "\"\"", StringComparison.Ordinal)}\" PASSWORD 'floor-e2e'", database);

            var again = (await ApplyAsync(gateway, role)).Expect(0);
            Assert.Contains("Nothing is missing", again.Output);

            await using var connection = new NpgsqlConnection(server.ConnectionString(database, role, "floor-e2e"));
            await connection.OpenAsync();
            string[] open =
            [
                "SELECT patient_id, gender FROM clinic.patients", "SELECT count(*) FROM clinic.patients", "SELECT * FROM clinic.payers", "SELECT * FROM scratch.clean",
                $"SELECT id, note FROM {Odd}.\"the; table\"", "SELECT id, day FROM scratch.visits", "SELECT id FROM scratch.visits_1", "SELECT id, extra FROM scratch.child",
                "SELECT id FROM scratch.refers", "INSERT INTO scratch.plain (label) VALUES ('x')", "UPDATE scratch.plain SET label = 'y' WHERE id = 1", "SELECT specialty FROM clinic.providers",
            ];
            foreach (var sql in open)
            {
                Assert.Equal((sql, ""), (sql, await RefusalAsync(connection, sql)));
            }

            string[] closed =
            [
                "SELECT mrn FROM clinic.patients", "SELECT * FROM clinic.patients", "SELECT p FROM clinic.patients p", "SELECT count(mrn) FROM clinic.patients", "COPY clinic.patients TO STDOUT",
                "SELECT full_name FROM clinic.providers", $"SELECT \"na\"\"me\" FROM {Odd}.\"the; table\"", $"SELECT \"up'per\" FROM {Odd}.\"the; table\"",
                "SELECT mrn FROM scratch.visits", "SELECT mrn FROM scratch.visits_1", "SELECT ssn FROM scratch.parent", "SELECT ssn FROM scratch.child", "SELECT chart FROM scratch.refers",
                "SELECT * FROM scratch.directory", "SELECT * FROM scratch.chained", "SELECT patient_id FROM scratch.whole", "SELECT * FROM scratch.kept",
                "SELECT scratch.lookup(1)", "SELECT scratch.invoker(1)", "SELECT dblink_connect('dbname=x')", "SELECT query FROM pg_stat_activity", "SELECT gid FROM pg_prepared_xacts",
                "DELETE FROM clinic.patients WHERE mrn = 'x'", "UPDATE clinic.patients SET gender = 'F' WHERE mrn > 'A'", "UPDATE clinic.patients SET gender = 'F' RETURNING mrn",
                "CREATE TABLE public.mine (i int)", "SELECT lo_import('/etc/passwd')",
            ];
            foreach (var sql in closed)
            {
                Assert.Equal((sql, "42501"), (sql, await RefusalAsync(connection, sql)));
            }

            Assert.Equal("fatal", await ScalarAsync(connection, "SHOW log_min_messages"));
            Assert.Equal(0L, await ScalarAsync(connection, "SELECT count(*) FROM pg_stats WHERE tablename IN ('kept', 'patients') AND attname IN ('mrn', 'last_name', 'ssn')"));
        }
    }

    [Fact]
    public async Task What_everybody_had_the_others_keep()
    {
        var (gateway, server, database) = await StartAsync();
        await using (gateway)
        {
            await server.ExecuteAsync($"CREATE ROLE bystander_{database} LOGIN PASSWORD 'floor-e2e'; GRANT USAGE ON SCHEMA clinic, scratch TO bystander_{database}", database);
            (await ApplyAsync(gateway, $"floor_{database}")).Expect(0);
            await using var connection = new NpgsqlConnection(server.ConnectionString(database, $"bystander_{database}", "floor-e2e"));
            await connection.OpenAsync();
            foreach (var sql in (string[])["SELECT full_name FROM clinic.providers", "SELECT * FROM scratch.kept", "SELECT scratch.lookup(1)", "SELECT count(*) FROM pg_stat_activity"])
            {
                Assert.Equal((sql, ""), (sql, await RefusalAsync(connection, sql)));
            }
        }
    }

    [Fact]
    public async Task The_printed_SQL_does_the_same_and_may_be_run_twice()
    {
        var (gateway, server, database) = await StartAsync();
        await using (gateway)
        {
            var role = $"Printed's {database}";
            var printed = (await gateway.Cli("printed").With(Operator).RunAsync("floor", "--target", "clinic", "--role", role)).Expect(0);
            Assert.Equal(DBNull.Value, await server.ScalarAsync($"SELECT to_regrole(quote_ident('{role.Replace("'", "''", StringComparison.Ordinal)}'))::text", database));
            Assert.Contains("has no password yet", printed.Error);
            var psql = new Psql("127.0.0.1", server.Port, database, PostgresServer.Superuser, PostgresServer.SuperuserPassword) { SslMode = "disable" };
            for (var run = 0; run < 2; run++)
            {
                (await psql.ScriptAsync("\\set ON_ERROR_STOP 1\n" + printed.Output)).Expect(0);
            }

            var again = (await gateway.Cli("printed").With(Operator).RunAsync("floor", "--target", "clinic", "--role", role)).Expect(0);
            Assert.Contains("Nothing is missing", again.Output);
        }
    }

    [Fact]
    public async Task In_floor_mode_a_role_that_could_read_PHI_lets_nobody_in()
    {
        var (first, server, database) = await StartAsync();
        var role = $"floor_{database}";
        await using (first)
        {
            (await ApplyAsync(first, role)).Expect(0);
        }

        await server.ExecuteAsync($"ALTER ROLE {role} PASSWORD 'floor-e2e'", database);
        var settings = GatewaySettings.For(server, Shared.Issuer, database) with { Phi = new Dictionary<string, string> { ["clinic"] = Phi }, TargetMode = "floor" };
        await using (var closed = await GatewayProcess.StartAsync(settings))
        {
            var refused = await closed.Psql(Shared.Issuer.Agent("agent-1")).QueryAsync("SELECT 1");
            Assert.Contains("NOT CONNECTED", refused.Error);
            Assert.Contains("floor mode", refused.Error);
        }

        await using (var open = await GatewayProcess.StartAsync(settings with { Targets = [("clinic", server, database, role, "floor-e2e")] }))
        {
            var psql = open.Psql(Shared.Issuer.Agent("agent-1"));
            Assert.NotEmpty((await psql.QueryAsync("SELECT gender FROM clinic.patients LIMIT 1")).Expect(0).Output);
            await using (var connection = await open.ConnectAsync(Shared.Issuer.Agent("agent-1")))
            {
                // The code of permission denied, made coarse because the statement reads PHI.
                Assert.Equal("42000", await RefusalAsync(connection, "SELECT mrn FROM clinic.patients LIMIT 1"));
            }


            // A right that is given later is noticed when the good answer is a minute old; the plan shows it at once.
            await server.ExecuteAsync($"GRANT SELECT (mrn) ON clinic.patients TO {role}", database);
            var planned = (await open.Cli("mode").With(Operator).RunAsync("floor", "--target", "clinic")).Expect(0).Output;
            Assert.Contains($"role {role} in database", planned);
            Assert.Contains($"REVOKE ALL (\"mrn\") ON TABLE \"clinic\".\"patients\" FROM \"{role}\"", planned);
        }

        await using var again = await GatewayProcess.StartAsync(settings with { Targets = [("clinic", server, database, role, "floor-e2e")] });
        Assert.Contains("NOT CONNECTED", (await again.Psql(Shared.Issuer.Agent("agent-1")).QueryAsync("SELECT 1")).Error);
    }

    [Fact]
    public async Task Only_operators_plan_and_a_wrong_credential_changes_nothing()
    {
        var (gateway, server, database) = await StartAsync();
        await using (gateway)
        {
            foreach (var token in (string[])[Shared.Issuer.Agent("agent-1"), Shared.Issuer.Human("sam", "security-officers"), Shared.Issuer.Human("aron", "auditors")])
            {
                var (status, _) = await gateway.ApiAsync(HttpMethod.Get, "/api/v1/targets/clinic/floor", token);
                Assert.Equal(HttpStatusCode.Forbidden, status);
            }

            var admin = new { user = PostgresServer.GatewayUser, password = PostgresServer.GatewayPassword };
            var (conflict, problem) = await gateway.ApiAsync(HttpMethod.Post, "/api/v1/targets/clinic/floor", Operator, new { role = $"weak_{database}", admin });
            Assert.Equal(HttpStatusCode.Conflict, conflict);
            Assert.Contains("Nothing was changed", problem.GetProperty("detail").GetString());
            Assert.Equal(DBNull.Value, await server.ScalarAsync($"SELECT to_regrole('weak_{database}')::text", database));
            var (unavailable, _) = await gateway.ApiAsync(HttpMethod.Post, "/api/v1/targets/clinic/floor", Operator, new { admin = admin with { password = "wrong-canary-password" } });
            Assert.Equal(HttpStatusCode.ServiceUnavailable, unavailable);
            var files = WrittenFiles.Of(gateway);
            Assert.Empty(files.Holding("wrong-canary-password"));
            Assert.NotEmpty(files.Holding("\"k\":\"target.change\""));
            foreach (var role in (string[])["public", "pg_read_all_data", new string('x', 64)])
            {
                var (invalid, _) = await gateway.ApiAsync(HttpMethod.Get, $"/api/v1/targets/clinic/floor?role={role}", Operator);
                Assert.Equal(HttpStatusCode.BadRequest, invalid);
            }
        }
    }

    private async Task<(GatewayProcess Gateway, PostgresServer Server, string Database)> StartAsync()
    {
        var server = await Shared.PostgresAsync(Major);
        var database = await Shared.DatabaseAsync(server);
        await server.ExecuteAsync(Objects, database);
        await server.ExecuteAsync("CREATE SCHEMA IF NOT EXISTS public; ANALYZE", database);
        var settings = GatewaySettings.For(server, Shared.Issuer, database) with { Phi = new Dictionary<string, string> { ["clinic"] = Phi } };
        return (await GatewayProcess.StartAsync(settings), server, database);
    }

    private static Task<Finished> ApplyAsync(GatewayProcess gateway, string role)
    {
        var password = Path.Combine(TestRun.Subdirectory("admin"), "password");
        File.WriteAllText(password, PostgresServer.SuperuserPassword + "\n");
        return gateway.Cli("floor").With(Operator).RunAsync(
            "floor", "--target", "clinic", "--role", role, "--apply", "--admin-user", PostgresServer.Superuser, "--admin-password-file", password);
    }

    /// <summary>The SQLSTATE a statement is refused with; empty when it runs.</summary>
    private static async Task<string> RefusalAsync(NpgsqlConnection connection, string sql)
    {
        try
        {
            if (sql.StartsWith("COPY", StringComparison.Ordinal))
            {
                using var reader = await connection.BeginTextExportAsync(sql);
                return "";
            }

            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync();
            return "";
        }
        catch (PostgresException refused)
        {
            return refused.SqlState;
        }
    }

    private static async Task<object?> ScalarAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }
}

public sealed class Floor15Tests : FloorTests
{
    protected override int Major => 15;
}

public sealed class Floor18Tests : FloorTests
{
    protected override int Major => 18;
}
