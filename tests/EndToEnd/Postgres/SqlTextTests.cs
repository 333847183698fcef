using System.Globalization;
using System.Text;
using Npgsql;
using Sallyport.Gateway.Masking;
using Sallyport.Gateway.Protocols.Postgres.Sql;

namespace Sallyport.EndToEnd.Postgres;

/// <summary>What the gateway reads in SQL text and in values, held against what a real PostgreSQL reads there.</summary>
public sealed class SqlTextTests(TargetServer server) : IClassFixture<TargetServer>
{
    private const string TwoStatements = "42601 cannot insert multiple commands into a prepared statement";

    [Theory]
    [InlineData("SELECT 1")]
    [InlineData("SELECT 1; SELECT 2")]
    [InlineData(";; SELECT 1 ;; -- x")]
    [InlineData("SELECT ';', \";\".*, $$;$$, $a$;$$;$a$, E'\\';', U&';', B'1', X'1', N';' /* ; /* ; */ ; */ -- ;")]
    [InlineData("SELECT E'a'\n'\\';' ; SELECT 2")]
    [InlineData("SELECT 'a'\n'\\'; SELECT 2")]
    [InlineData("SELECT 'a' -- ';\n';' ; SELECT 2")]
    [InlineData("SELECT 'a' || ';' ; SELECT 2")]
    [InlineData("SELECT $1; SELECT $a$ $b$; $a$")]
    [InlineData("SELECT a$b$c; SELECT 1 AS b$")]
    [InlineData("SELECT 1 +-- ;\n 2; SELECT 3 /* */*/* ; */4")]
    [InlineData("CREATE RULE r AS ON INSERT TO t DO ALSO (DELETE FROM a; DELETE FROM b); SELECT 1")]
    [InlineData("CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END; SELECT 1")]
    [InlineData("CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC; SELECT 1 AS end; SELECT x.case FROM x; END; SELECT 1")]
    [InlineData("CREATE PROCEDURE f() BEGIN ATOMIC END; SELECT 1")]
    [InlineData("BEGIN; SELECT 1; END; SELECT CASE WHEN true THEN 1 END; SELECT 3")]
    [InlineData("CREATE SCHEMA s CREATE TABLE t (a int) CREATE VIEW v AS SELECT 1; SELECT 1")]
    [InlineData("PREPARE q AS SELECT 1; DECLARE c CURSOR FOR SELECT ';'; COPY t FROM STDIN")]
    [InlineData("SELECT \"a\"\";\"\"b\"; SELECT U&\"\\003b;\"")]
    [InlineData("SELECT '\u00e9;', \u00e9\u00df$x$; SELECT $\u00e9$;$\u00e9$")]
    [InlineData("SELECT 1\r\n;\t\fSELECT 2--;\r;SELECT 3")]
    public async Task Every_piece_parses_as_it_did_in_the_whole(string text)
    {
        using var probe = await ParseProbe.ConnectAsync(server.Port, "by_nothing", "clinic");
        var bytes = Encoding.UTF8.GetBytes(text);
        var pieces = new List<TextRange>();
        Assert.Equal(SplitFault.None, StatementSplitter.Split(bytes, pieces));

        var whole = await probe.ParseAsync(bytes);
        Assert.Equal(pieces.Count > 1, whole == TwoStatements);
        foreach (var piece in pieces)
        {
            // Any error but one of the grammar may come: the tables do not exist.
            var answer = await probe.ParseAsync(bytes.AsMemory(piece.Start, piece.Length));
            Assert.False(answer.StartsWith("42601", StringComparison.Ordinal), answer);
        }
    }

    [Theory]
    [InlineData("SELECT 1; SELECT 'open")]
    [InlineData("SELECT E'open\\'; SELECT 1")]
    [InlineData("SELECT $a$ open; SELECT 1 $A$")]
    [InlineData("SELECT \"open; SELECT 1")]
    [InlineData("SELECT 1; /* /* open */")]
    public async Task What_never_ends_is_no_statement_for_the_server_either(string text)
    {
        using var probe = await ParseProbe.ConnectAsync(server.Port, "by_nothing", "clinic");
        Assert.Equal(SplitFault.Unterminated, StatementSplitter.Split(Encoding.UTF8.GetBytes(text), []));
        Assert.Matches("^42601 (unterminated|syntax error)", await probe.ParseAsync(Encoding.UTF8.GetBytes(text)));
    }

    [Theory]
    [InlineData("ISO, MDY", "UTC")]
    [InlineData("ISO, DMY", "America/Los_Angeles")]
    [InlineData("ISO, YMD", "Asia/Kathmandu")]
    [InlineData("SQL, DMY", "UTC")]
    [InlineData("German, DMY", "UTC")]
    [InlineData("Postgres, MDY", "Europe/Berlin")]
    public async Task Years_are_those_of_the_server_or_null(string dateStyle, string timeZone)
    {
        await using var connection = new NpgsqlConnection($"Host=127.0.0.1;Port={server.Port};Username=by_nothing;Database=clinic;SSL Mode=Disable;Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(
            $"""
            SELECT set_config('datestyle', '{dateStyle}', false), set_config('timezone', '{timeZone}', false);
            SELECT at::text, at::timestamp::text, at::date::text,
                   extract(year FROM at AT TIME ZONE 'UTC')::int, extract(year FROM at::timestamp)::int
            FROM (SELECT timestamptz '1890-12-25 00:00:01.5+00' + n * interval '1 year 5 days 3 hours 7 minutes' AS at FROM generate_series(0, 150) n
                  UNION ALL SELECT timestamptz 'infinity' UNION ALL SELECT timestamptz '2024-12-31 23:30:00+00') dates
            WHERE isfinite(at)
            """,
            connection);
        using var keys = MaskKeys.ForSession();
        await using var reader = await command.ExecuteReaderAsync();
        await reader.NextResultAsync();
        var rows = 0;
        while (await reader.ReadAsync())
        {
            rows++;
            var isIso = dateStyle.StartsWith("ISO", StringComparison.Ordinal);
            AssertYear(isIso ? reader.GetInt32(3) : null, 1184, reader.GetString(0), keys);
            AssertYear(isIso ? reader.GetInt32(4) : null, 1114, reader.GetString(1), keys);
            AssertYear(isIso ? reader.GetInt32(4) : null, 1082, reader.GetString(2), keys);
        }

        Assert.Equal(152, rows);
    }

    private static void AssertYear(int? expected, uint typeOid, string value, MaskKeys keys)
    {
        var mask = ColumnMaskFactory.Create("DATE", new MaskOperator.Year(), new MaskedType(typeOid, -1, IsBinary: false), keys, TimeProvider.System);
        var masked = new byte[mask.MaxBytes];
        var length = mask.Write(Encoding.UTF8.GetBytes(value), masked);
        if (expected is null)
        {
            Assert.Equal(-1, length);
            return;
        }

        var oldest = TimeProvider.System.GetUtcNow().Year - 90;
        Assert.Equal(
            Math.Max(expected.Value, oldest).ToString("D4", CultureInfo.InvariantCulture) + "-01-01",
            Encoding.ASCII.GetString(masked, 0, length)[..10]);
    }
}
