using Sallyport.EndToEnd.Support;
using Sallyport.EndToEnd.Systems;

namespace Sallyport.EndToEnd.Catalogue;

/// <summary>
/// DDL from another connection, past the gateway, at every moment between judging a statement and running it. Each change makes a statement
/// that showed nothing protected reach a protected value; none of them may come out, however soon after the change.
/// </summary>
public sealed class SchemaChangeTests(SchemaChangeTests.Fixture fixture) : IClassFixture<SchemaChangeTests.Fixture>
{
    private const string Secret = "Qyzzor";

    private readonly string _token = Shared.Issuer.Agent("agent-1", seconds: 3600);

    /// <summary>Name, statement, change; whether it can be made while the statement's transaction holds its locks.</summary>
    public static TheoryData<string, string, string, bool> Changes => new()
    {
        { "add", "SELECT * FROM clinic.add_t", "ALTER TABLE clinic.add_t ADD COLUMN extra text DEFAULT 'Qyzzor'", false },
        { "rename", "SELECT label FROM clinic.rename_t", "ALTER TABLE clinic.rename_t RENAME label TO other; ALTER TABLE clinic.rename_t RENAME mrn TO label", false },
        { "view", "SELECT a FROM clinic.view_v", "CREATE OR REPLACE VIEW clinic.view_v AS SELECT mrn AS a FROM clinic.view_t", false },
        { "function", "SELECT clinic.function_f(1)", "CREATE OR REPLACE FUNCTION clinic.function_f(int) RETURNS text LANGUAGE sql STABLE AS 'SELECT mrn FROM clinic.function_t'", true },
        { "plpgsql", "SELECT clinic.plpgsql_f(1)", "CREATE OR REPLACE FUNCTION clinic.plpgsql_f(int) RETURNS text LANGUAGE plpgsql STABLE AS 'BEGIN RETURN (SELECT mrn FROM clinic.plpgsql_t); END'", true },
        { "attach", "SELECT label FROM clinic.attach_p", "ALTER TABLE clinic.attach_p ATTACH PARTITION clinic.attach_t FOR VALUES FROM (1) TO (9)", true },
        { "inherit", "SELECT label FROM clinic.inherit_p", "ALTER TABLE clinic.inherit_t INHERIT clinic.inherit_p", true },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task Between_two_executions_of_a_prepared_statement(string name, string sql, string change, bool weak)
    {
        _ = weak;
        await fixture.ResetAsync(name);
        using var client = await SignInAsync();
        AssertClean(await client.RoundTripAsync(RawClient.Parse("s", sql), RawClient.Bind("", "s", binaryResults: false), RawClient.Execute(""), RawClient.Sync), ran: true);
        AssertClean(await client.RoundTripAsync(RawClient.Bind("", "s", binaryResults: false), RawClient.Execute(""), RawClient.Sync), ran: true);
        await fixture.ChangeAsync(change);
        await client.SendAsync([.. RawClient.Bind("", "s", binaryResults: false), .. RawClient.Execute(""), .. RawClient.Sync]);
        AssertClean(await AnswerAsync(client), ran: false);
    }

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task Between_parse_and_bind(string name, string sql, string change, bool weak)
    {
        _ = weak;
        await fixture.ResetAsync(name);
        using var client = await SignInAsync();
        AssertClean(await client.RoundTripAsync(RawClient.Parse("s", sql), RawClient.Describe('S', "s"), RawClient.Sync), ran: true);
        await fixture.ChangeAsync(change);
        await client.SendAsync([.. RawClient.Bind("", "s", binaryResults: false), .. RawClient.Execute(""), .. RawClient.Sync]);
        AssertClean(await AnswerAsync(client), ran: false);
    }

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task Between_parse_and_bind_of_one_transaction(string name, string sql, string change, bool weak)
    {
        await fixture.ResetAsync(name);
        using var client = await SignInAsync();
        await client.RoundTripAsync(RawClient.Query("BEGIN"));
        AssertClean(await client.RoundTripAsync(RawClient.Parse("s", sql), RawClient.Sync), ran: true);
        var changing = fixture.ChangeAsync(change);
        if (weak)
        {
            await changing;
        }

        await client.SendAsync([.. RawClient.Bind("", "s", binaryResults: false), .. RawClient.Execute(""), .. RawClient.Sync]);
        var seen = await AnswerAsync(client);
        AssertClean(seen, ran: false);
        await client.SendAsync(RawClient.Query("ROLLBACK"));
        await changing;
    }

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task Between_two_simple_queries(string name, string sql, string change, bool weak)
    {
        _ = weak;
        await fixture.ResetAsync(name);
        using var client = await SignInAsync();
        for (var i = 0; i < 3; i++)
        {
            AssertClean(await client.RoundTripAsync(RawClient.Query(sql)), ran: true);
        }

        await fixture.ChangeAsync(change);
        await client.SendAsync(RawClient.Query(sql));
        AssertClean(await AnswerAsync(client), ran: false);
    }

    public static TheoryData<string, string, string> ChangesOfMeaning =>
        [.. Changes.Where(row => row.Data.Item1 is not ("attach" or "inherit")).Select(row => (row.Data.Item1, row.Data.Item2, row.Data.Item3))];

    [Theory]
    [MemberData(nameof(ChangesOfMeaning))]
    public async Task In_a_transaction_with_an_old_snapshot(string name, string sql, string change)
    {
        await fixture.ResetAsync(name);
        using var client = await SignInAsync();
        AssertClean(await client.RoundTripAsync(RawClient.Query(sql)), ran: true);
        await client.RoundTripAsync(RawClient.Query("BEGIN ISOLATION LEVEL REPEATABLE READ"));
        await client.RoundTripAsync(RawClient.Query("SELECT 1"));
        await fixture.ChangeAsync(change);
        await client.SendAsync(RawClient.Query(sql));
        AssertClean(await AnswerAsync(client), ran: false);
    }

    [Theory]
    [InlineData("attach")]
    [InlineData("inherit")]
    public async Task A_tagged_child_of_an_untagged_parent_is_known_to_new_texts_within_a_second(string name)
    {
        var (_, sql, change, _) = Changes.Single(row => row.Data.Item1 == name).Data;
        await fixture.ResetAsync(name);
        using var client = await SignInAsync();
        AssertClean(await client.RoundTripAsync(RawClient.Query(sql)), ran: true);
        await fixture.ChangeAsync(change);
        await Task.Delay(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
        var seen = await client.RoundTripAsync(RawClient.Query(sql + " WHERE id > 0"));
        AssertClean(seen, ran: true);
        Assert.Contains(seen, m => m.Type == 'D' && m.Text.Contains("[NAME]", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("function")]
    [InlineData("plpgsql")]
    public async Task A_text_that_was_never_seen_meets_the_function_as_it_is_now(string name)
    {
        var change = Changes.Single(row => row.Data.Item1 == name).Data.Item3;
        using var client = await SignInAsync();
        for (var i = 0; i < 5; i++)
        {
            await fixture.ResetAsync(name);
            AssertClean(await client.RoundTripAsync(RawClient.Query($"SELECT clinic.{name}_f({i}), 'before'")), ran: true);
            await fixture.ChangeAsync(change);
            AssertClean(await client.RoundTripAsync(RawClient.Query($"SELECT clinic.{name}_f({i}), 'after'")), ran: false);
            AssertClean(await client.RoundTripAsync(RawClient.Query($"SELECT clinic.{name}_f({i}), 'before'")), ran: false);
        }
    }

    [Fact]
    public async Task A_replaced_function_counts_as_unread_at_once_and_works_again_when_it_is_put_back()
    {
        await fixture.ResetAsync("function");
        using var client = await SignInAsync();
        const string Call = "SELECT clinic.function_f(1)";
        Assert.Contains(await client.RoundTripAsync(RawClient.Query(Call)), m => m.Type == 'D' && m.Text.Contains("clean", StringComparison.Ordinal));
        await fixture.ChangeAsync("CREATE OR REPLACE FUNCTION clinic.function_f(int) RETURNS text LANGUAGE sql STABLE AS 'SELECT mrn FROM clinic.function_t'");
        var seen = await client.RoundTripAsync(RawClient.Query(Call));
        AssertClean(seen, ran: false);
        await fixture.ResetAsync("function");
        Assert.Contains(await client.RoundTripAsync(RawClient.Query(Call)), m => m.Type == 'D' && m.Text.Contains("clean", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_column_that_came_while_the_gateway_was_down_is_not_classified_and_a_renamed_one_keeps_its_tag()
    {
        await fixture.ResetAsync("add");
        using (var client = await SignInAsync())
        {
            AssertClean(await client.RoundTripAsync(RawClient.Query("SELECT * FROM clinic.add_t")), ran: true);
        }

        await fixture.ChangeAsync($"ALTER TABLE clinic.add_t ADD COLUMN extra text DEFAULT '{Secret}'; ALTER TABLE clinic.add_t RENAME mrn TO number");
        await fixture.Gateway.StopAsync();
        await fixture.Gateway.RestartAsync();
        using var again = await SignInAsync();
        var seen = await again.RoundTripAsync(RawClient.Query("SELECT number, extra, label FROM clinic.add_t"));
        AssertClean(seen, ran: true);
        Assert.Contains(seen, m => m.Type == 'D' && m.Text.Contains("[MRN]", StringComparison.Ordinal) && m.Text.Contains("plain", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_table_without_a_declared_column_is_redacted_and_the_log_says_so()
    {
        await fixture.ChangeAsync($"CREATE TABLE clinic.drift_t (number text); INSERT INTO clinic.drift_t VALUES ('{Secret}'); GRANT SELECT ON clinic.drift_t TO {PostgresServer.GatewayUser}");
        using var client = await SignInAsync();
        AssertClean(await client.RoundTripAsync(RawClient.Query("SELECT number FROM clinic.drift_t")), ran: true);
        await fixture.Gateway.LoggedAsync("schema-drift");
    }

    /// <summary>Everything up to ReadyForQuery, or to the end of a session that was ended.</summary>
    private static async Task<List<RawMessage>> AnswerAsync(RawClient client)
    {
        var seen = new List<RawMessage>();
        while ((seen.Count == 0 || seen[^1].Type != 'Z') && await client.ReadAsync() is { } message)
        {
            seen.Add(message);
        }

        return seen;
    }

    private static void AssertClean(IReadOnlyCollection<RawMessage> seen, bool ran)
    {
        Assert.DoesNotContain(seen, m => m.Text.Contains(Secret, StringComparison.Ordinal));
        if (ran)
        {
            Assert.DoesNotContain(seen, m => m.Type == 'E');
        }
    }

    private Task<RawClient> SignInAsync() => RawClient.SignInAsync(fixture.Gateway.PostgresPort, _token);

    public sealed class Fixture : GatewayFixture
    {
        private const string Pinned = "SELECT 'clean'";

        /// <summary>Puts the tables of one change back to what they were before it.</summary>
        public Task ResetAsync(string name) => Server.ExecuteAsync(
            $"""
            DROP TABLE IF EXISTS clinic.{name}_p CASCADE;
            DROP VIEW IF EXISTS clinic.{name}_v;
            DROP TABLE IF EXISTS clinic.{name}_t CASCADE;
            CREATE TABLE clinic.{name}_t (id int NOT NULL, mrn text, label text);
            INSERT INTO clinic.{name}_t VALUES (1, '{Secret}', {(name is "attach" or "inherit" ? $"'{Secret}'" : "'plain'")});
            {(name is "attach" ? $"CREATE TABLE clinic.{name}_p (id int NOT NULL, mrn text, label text) PARTITION BY RANGE (id)" : "")};
            {(name is "inherit" ? $"CREATE TABLE clinic.{name}_p (id int NOT NULL, mrn text, label text)" : "")};
            {(name is "view" ? $"CREATE VIEW clinic.{name}_v AS SELECT label AS a FROM clinic.{name}_t" : "")};
            {(name is "function" ? $"CREATE OR REPLACE FUNCTION clinic.{name}_f(int) RETURNS text LANGUAGE sql STABLE AS '{Pinned.Replace("'", "''", StringComparison.Ordinal)}'" : "")};
            {(name is "plpgsql" ? $"CREATE OR REPLACE FUNCTION clinic.{name}_f(int) RETURNS text LANGUAGE plpgsql STABLE AS 'BEGIN RETURN ''clean''; END'" : "")};
            GRANT SELECT ON ALL TABLES IN SCHEMA clinic TO {PostgresServer.GatewayUser};
            """,
            Database);

        public Task ChangeAsync(string sql) => Server.ExecuteAsync(sql, Database);

        private protected override async Task PrepareAsync()
        {
            await ResetAsync("function");
            await ResetAsync("plpgsql");
        }

        private protected override async Task<GatewaySettings> ChangeAsync(GatewaySettings settings) => settings with
        {
            Rules = "",
            Phi = new Dictionary<string, string>
            {
                ["clinic"] = string.Join('\n', from name in (string[])["add", "rename", "view", "function", "plpgsql"] select $"clinic.{name}_t.mrn: MRN")
                    + "\nclinic.attach_t.label: NAME\nclinic.inherit_t.label: NAME\nclinic.drift_t.mrn: MRN",
            },
            Masks = "{default: redact}",
            More = $$"""
                functions:
                  clinic:
                    clinic.function_f(int): {verdict: pure, sha256: {{await HashAsync("function_f")}}}
                    clinic.plpgsql_f(int): {verdict: pure, sha256: {{await HashAsync("plpgsql_f")}}}
                """,
        };

        private async Task<object?> HashAsync(string function) => await Server.ScalarAsync(
            $"""
            SELECT encode(sha256(convert_to(jsonb_build_array(p.prosrc, p.prosqlbody::text, p.probin, l.lanname, p.prosecdef, p.provolatile, p.proconfig,
              p.proargdefaults::text)::text, 'UTF8')), 'hex')
            FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang WHERE p.oid = 'clinic.{function}(int)'::regprocedure
            """,
            Database);
    }
}
