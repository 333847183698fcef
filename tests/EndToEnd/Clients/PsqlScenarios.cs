using Sallyport.EndToEnd.Support;

namespace Sallyport.EndToEnd.Clients;

/// <summary>The common scenario list, spoken by psql: what a person or a script types.</summary>
internal static class PsqlScenarios
{
    private const string Table = "scratch.psql_items";

    public static async Task<IReadOnlyDictionary<string, string>> RunAsync(Endpoint endpoint)
    {
        var psql = new Psql(Endpoint.Host, endpoint.Port, endpoint.Database, endpoint.User, endpoint.Password) { SslMode = endpoint.SslMode, Environment = endpoint.Environment };
        var folder = TestRun.Subdirectory("psql");
        var transcript = new Transcript();
        await ScriptAsync("connect", "SELECT 1 AS one;\n\\echo :SERVER_VERSION_NUM\n\\encoding\nSHOW client_encoding;");
        await ScriptAsync("simple_and_multi", $"""
            SELECT 1 AS a, 'x' AS b\; SELECT 2 AS a\; SELECT 'third' AS c;
            DROP TABLE IF EXISTS {Table};
            CREATE TABLE {Table} (id integer PRIMARY KEY, label text NOT NULL, amount numeric(12,2));
            INSERT INTO {Table} (id, label, amount) VALUES (1, 'one', 1.10), (2, 'two', 2.20);
            UPDATE {Table} SET amount = amount + 1 WHERE id = 2 RETURNING id, amount;
            \d {Table}
            \d clinic.payers
            \d+ clinic.payers
            \dt clinic.*
            \di clinic.*
            \dn
            \du sallyport
            \df clinic.*
            \l clinic
            SELECT label FROM {Table} WHERE id = 1 \gset
            \echo :label
            SELECT format('SELECT %s AS made', i) FROM generate_series(1, 2) AS i \gexec
            """);
        await ScriptAsync("parameters", "SELECT 1::int2, 'a'::text, NULL::uuid \\gdesc\n\\set v 'it''s'\nSELECT :'v' AS quoted;");
        await ScriptAsync("prepared_ten_times", $"""
            PREPARE by_id (integer) AS SELECT id, label FROM {Table} WHERE id = $1;
            {string.Concat(Enumerable.Range(0, 10).Select(i => $"EXECUTE by_id ({i % 3});\n"))}
            DEALLOCATE by_id;
            PREPARE patient (integer) AS SELECT patient_id, gender FROM clinic.patients WHERE patient_id = $1;
            {string.Concat(Enumerable.Range(1, 10).Select(i => $"EXECUTE patient ({i});\n"))}
            """);
        await ScriptAsync("pipeline_error", "SELECT 1 AS a\\; SELECT 1/0 AS b\\; SELECT 3 AS c;\nSELECT 4 AS d;\nBEGIN\\; SELECT 1/0\\; COMMIT;\nSELECT 5;\nROLLBACK;\nSELECT 6;");
        await ScriptAsync("row_limited_fetch", "\\set FETCH_COUNT 7\nSELECT patient_id FROM clinic.patients ORDER BY patient_id LIMIT 25;");
        await ScriptAsync("transactions", $"""
            BEGIN;
            INSERT INTO {Table} (id, label) VALUES (10, 'rolled back');
            SAVEPOINT s;
            INSERT INTO {Table} (id, label) VALUES (10, 'twice');
            SELECT 1;
            ROLLBACK TO SAVEPOINT s;
            SELECT count(*) FROM {Table} WHERE id = 10;
            ROLLBACK;
            SELECT count(*) FROM {Table} WHERE id = 10;
            \set ON_ERROR_ROLLBACK on
            BEGIN;
            SELECT 1/0;
            SELECT 'still here';
            COMMIT;
            """);
        await ScriptAsync("copy", $"""
            COPY {Table} (id, label) FROM STDIN;
            1000	first
            1001	second
            \.
            \copy (SELECT id, label FROM {Table} WHERE id >= 1000 ORDER BY id) TO '{folder}/out.csv' WITH (FORMAT csv, HEADER)
            \! cat {folder}/out.csv
            \copy (SELECT id + 1000, label FROM {Table} WHERE id >= 1000 ORDER BY id) TO '{folder}/in.txt'
            \copy {Table} (id, label) FROM '{folder}/in.txt'
            COPY (SELECT id, label FROM {Table} WHERE id >= 1000 ORDER BY id) TO STDOUT;
            \copy {Table} (id, label) FROM '{folder}/out.csv'
            SELECT count(*) FROM {Table} WHERE id >= 1000;
            """);
        transcript.Begin("cancel");
        await CtrlCAsync(psql, transcript);
        await WatchAsync(psql, transcript);
        transcript.Begin("notifications");
        await NotifyAsync(psql, transcript);
        await ScriptAsync("notices", "DROP TABLE IF EXISTS scratch.psql_nothing;\nROLLBACK;\n\\set VERBOSITY verbose\nROLLBACK;");
        await ScriptAsync("error_fields", $"""
            SELECT * FROM scratch.psql_nothing;
            SELECT nothing;
            SELEC 1;
            SELECT 'x'::integer;
            \errverbose
            INSERT INTO {Table} (id, label) VALUES (1, 'again');
            INSERT INTO {Table} (id) VALUES (3);
            """);
        await ScriptAsync("large_values", "SELECT length(repeat('0123456789abcdef', 65536)), md5(repeat('0123456789abcdef', 65536));\n\\pset format unaligned\nSELECT repeat('0123456789abcdef', 65536) AS large;");
        await ScriptAsync("many_rows", "\\pset format unaligned\n\\pset tuples_only on\nSELECT i, 'row ' || i FROM generate_series(1, 100000) AS i;");
        return transcript.Scenarios();

        async Task ScriptAsync(string name, string script)
        {
            transcript.Begin(name);
            var finished = await psql.ScriptAsync(script);
            transcript.Show(finished.Output.Replace(folder, "FOLDER"));
            transcript.Show(string.Join('\n', finished.Error.Split('\n').Select(WithoutFile)).Replace(folder, "FOLDER"));
            transcript.Show("exit", finished.ExitCode);
        }
    }

    // psql:/some/file.sql:3: ERROR: ...
    private static string WithoutFile(string line) => line.StartsWith("psql:/", StringComparison.Ordinal) ? line[(line.IndexOf(".sql:", StringComparison.Ordinal) + 5)..] : line;

    private static async Task CtrlCAsync(Psql psql, Transcript transcript)
    {
        await using var child = ChildProcess.Start(psql.Launch());
        await child.Input.WriteAsync("SELECT 'started';\nSELECT pg_sleep(60);\nSELECT 'alive';\n");
        await child.Input.FlushAsync();
        await TestRun.UntilAsync("psql has begun", () => child.Output.Contains("(1 row)", StringComparison.Ordinal));
        await Task.Delay(500);
        child.Signal("INT");
        child.Input.Close();
        var finished = await child.WaitAsync();
        transcript.Show(finished.ExitCode, finished.Output, finished.Error);
    }

    private static async Task WatchAsync(Psql psql, Transcript transcript)
    {
        await using var child = ChildProcess.Start(psql.Launch("--tuples-only", "--no-align"));
        await child.Input.WriteAsync("SELECT 'watched' \\watch 0.2\n");
        await child.Input.FlushAsync();
        await TestRun.UntilAsync("psql has watched twice", () => child.Output.Split("watched").Length > 2);
        child.Signal("INT");
        await child.Input.WriteAsync("SELECT 'and on';\n");
        child.Input.Close();
        var finished = await child.WaitAsync();
        transcript.Show(finished.ExitCode, finished.Output.Contains("and on", StringComparison.Ordinal), finished.Error);
    }

    private static async Task NotifyAsync(Psql psql, Transcript transcript)
    {
        await using var listener = ChildProcess.Start(psql.Launch());
        await listener.Input.WriteAsync("LISTEN psql_channel;\n");
        await listener.Input.FlushAsync();
        await TestRun.UntilAsync("psql listens", () => listener.Output.Contains("LISTEN", StringComparison.Ordinal));
        await psql.QueryAsync("NOTIFY psql_channel, 'hello'");
        await TestRun.UntilAsync("the notification arrives", async () =>
        {
            // psql shows notifications after its next command.
            await listener.Input.WriteAsync("SELECT 'next' AS v;\n");
            await listener.Input.FlushAsync();
            await Task.Delay(100);
            return listener.Output.Contains("Asynchronous notification", StringComparison.Ordinal);
        });
        listener.Input.Close();
        var finished = await listener.WaitAsync();
        var line = finished.Output.Split('\n').First(l => l.StartsWith("Asynchronous", StringComparison.Ordinal));
        transcript.Show(finished.ExitCode, line[..line.IndexOf(" received", StringComparison.Ordinal)]);
    }
}
