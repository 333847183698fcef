using System.Text;
using Sallyport.EndToEnd.Support;
using Sallyport.EndToEnd.Systems;

namespace Sallyport.EndToEnd.Statements;

/// <summary>COPY out of tagged columns: what is not masked is the same to the byte as the server's own.</summary>
public abstract class CopyScripts(CopyFixture fixture)
{
    /// <summary>Valid and invalid forms alike. TABLE has values of every awkward kind, and a tagged column whose values are what its mask makes of them.</summary>
    public static TheoryData<string> Copies =>
    [
        "COPY TABLE TO STDOUT",
        "COPY TABLE (secret, tricky) TO STDOUT WITH (FORMAT csv)",
        "COPY TABLE TO STDOUT WITH (FORMAT csv, HEADER, DELIMITER '|', NULL 'NIL')",
        "COPY TABLE TO STDOUT (FORMAT csv, QUOTE '''', ESCAPE '\\', FORCE_QUOTE (tricky, id))",
        "COPY TABLE TO STDOUT (FORMAT csv, QUOTE '*', FORCE_QUOTE *, NULL '')",
        "COPY TABLE TO STDOUT (FORMAT csv, DELIMITER E'\\t', HEADER true)",
        "COPY TABLE TO STDOUT WITH DELIMITER ',' NULL AS 'none'",
        "COPY TABLE TO STDOUT CSV HEADER QUOTE AS '\"' ESCAPE '!' FORCE QUOTE secret, tricky",
        "COPY TABLE TO STDOUT (HEADER)",
        "COPY TABLE TO STDOUT (NULL x, DELIMITER '~')",
        "COPY TABLE TO STDOUT (FORMAT binary)",
        "COPY BINARY TABLE TO STDOUT",
        "COPY (SELECT tricky, secret FROM TABLE WHERE id < 0) TO STDOUT",
        "COPY (SELECT tricky, secret FROM TABLE WHERE id < 0) TO STDOUT (FORMAT csv, HEADER)",
        "COPY (SELECT tricky, secret FROM TABLE WHERE id < 0) TO STDOUT (FORMAT binary)",
        "COPY (SELECT tricky AS \"a b\", secret AS \"x\"\"y\", id AS \"a b\" FROM TABLE ORDER BY id) TO STDOUT (FORMAT csv, HEADER, FORCE_QUOTE (\"a b\"))",
        "COPY (SELECT secret FROM TABLE) TO STDOUT (FORMAT csv)",
        "COPY (UPDATE TABLE SET id = id WHERE id < 5 RETURNING secret, tricky) TO STDOUT",
        "COPY TABLE (tricky, secret, tricky) TO STDOUT",
        "COPY TABLE TO STDOUT (DELIMITER 'ab')",
        "COPY TABLE TO STDOUT (FORMAT csv, QUOTE 'ab')",
        "COPY TABLE TO STDOUT (FORMAT text, FORCE_QUOTE *)",
        "COPY TABLE TO STDOUT (FORMAT binary, DELIMITER ',')",
        "COPY TABLE TO STDOUT (FORMAT csv, FORMAT csv)",
        "COPY TABLE TO STDOUT (FREEZE)",
        "COPY TABLE TO STDOUT (HEADER maybe)",
        "COPY scratch.awkward_view TO STDOUT",
        "COPY scratch.awkward_parted TO STDOUT",
        "COPY scratch.awkward_generated TO STDOUT (FORMAT csv, HEADER)",
        "COPY scratch.awkward_generated (doubled, secret) TO STDOUT",
        "COPY (SELECT 1 / (id - 3), secret FROM TABLE ORDER BY id) TO STDOUT",
        "SELECT 1; COPY TABLE TO STDOUT (FORMAT csv); SELECT 2",
    ];

    [Theory]
    [MemberData(nameof(Copies))]
    public async Task Copies_are_the_servers_own_to_the_byte(string copy)
    {
        var sql = copy.Replace("TABLE", "scratch.awkward", StringComparison.Ordinal);
        using var direct = await fixture.DirectAsync();
        using var through = await fixture.ThroughAsync();
        var isValid = await SameAsync(direct, through, RawClient.Query(sql));
        if (isValid && !sql.Contains("; ", StringComparison.Ordinal))
        {
            // By message, described and in whatever result format. What is invalid is told at Parse here and at Execute there.
            await SameAsync(direct, through, [.. RawClient.Parse("c", sql), .. RawClient.Describe('S', "c"), .. RawClient.Sync]);
            await SameAsync(direct, through, [.. RawClient.Bind("", "c", true), .. RawClient.Describe('P', ""), .. RawClient.Execute("", 2), .. RawClient.Sync]);
            await SameAsync(direct, through, [.. RawClient.Bind("", "c", false), .. RawClient.Execute(""), .. RawClient.Sync]);
        }
    }

    [Theory]
    [InlineData("COPY scratch.secret TO STDOUT")]
    [InlineData("COPY scratch.secret TO STDOUT (FORMAT csv, HEADER)")]
    [InlineData("COPY scratch.secret TO STDOUT (FORMAT binary)")]
    [InlineData("COPY (SELECT name, upper(note), list FROM scratch.secret) TO STDOUT")]
    [InlineData("COPY (SELECT * FROM scratch.secret_view) TO STDOUT (FORMAT csv, FORCE_QUOTE *)")]
    public async Task Tagged_values_are_masked(string sql)
    {
        using var through = await fixture.ThroughAsync();
        var answer = await through.RoundTripAsync(RawClient.Query(sql));
        Assert.Contains(answer, m => m.Type == 'C' && m.Text == "COPY 20\0");
        Assert.DoesNotContain(answer, m => m.Text.Contains(StatementFixture.Canary, StringComparison.Ordinal));
        Assert.Contains(answer, m => m.Type == 'd' && m.Text.Contains("[NAME]", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Psql_copies_tagged_rows_to_a_file()
    {
        var file = Path.Combine(TestRun.Subdirectory("copy"), "out.csv");
        var psql = fixture.Gateway.Psql(Shared.Issuer.Agent("agent-1"));
        var finished = (await psql.ScriptAsync($"\\copy (SELECT id, name FROM scratch.secret ORDER BY id) TO '{file}' WITH (FORMAT csv, HEADER)")).Expect(0);
        Assert.Equal("COPY 20\n", finished.Output);
        var lines = await File.ReadAllLinesAsync(file);
        Assert.Equal(["id,name", "1,[NAME]", "2,[NAME]"], lines[..3]);
        Assert.Equal(21, lines.Length);
    }

    private static async Task<bool> SameAsync(RawClient direct, RawClient through, byte[] round)
    {
        var expected = await direct.RoundTripAsync(round);
        var seen = await through.RoundTripAsync(round);
        Assert.Equal(expected.Select(Line), seen.Select(Line));
        return expected.TrueForAll(m => m.Type != 'E');
    }

    private static string Line(RawMessage message) => message.Type switch
    {
        // The text of an error in a query of tagged columns is withheld; positions count in what the server was sent.
        'E' when message.Field('C') is "22012" => $"E {message.Field('C')}",
        'E' => $"E {message.Field('C')} {message.Field('M')} {message.Field('D')} {message.Field('H')}",
        _ => message.Type + Convert.ToHexString(message.Body) + " " + Encoding.UTF8.GetString(message.Body),
    };
}
