using Sallyport.EndToEnd.Support;

namespace Sallyport.EndToEnd.Statements;

/// <summary>Byte for byte what the server answers, where nothing is tagged; the same messages with masked values, where something is.</summary>
public abstract class WireParity(StatementFixture fixture)
{
    public static TheoryData<string> Names => [.. WireScripts.All.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Untagged_rows_are_answered_exactly_as_the_server_answers(string name)
    {
        var rounds = WireScripts.All[name]("scratch.plain");
        using var direct = await fixture.DirectAsync();
        var expected = await RunAsync(direct, rounds);
        using var through = await fixture.ThroughAsync();
        var seen = await RunAsync(through, rounds);
        Assert.Equal(expected, seen);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Tagged_rows_come_masked_in_the_same_messages(string name)
    {
        var rounds = WireScripts.All[name]("scratch.secret");
        using var direct = await fixture.DirectAsync();
        var expected = await RunAsync(direct, rounds);
        using var through = await fixture.ThroughAsync();
        var seen = await RunAsync(through, rounds);
        Assert.DoesNotContain(seen, line => line.Contains(StatementFixture.Canary, StringComparison.Ordinal) || line.Contains("NOT EXECUTED", StringComparison.Ordinal));
        Assert.Equal(expected.Select(Shape), seen.Select(Shape));
    }

    [Fact]
    public async Task A_plan_that_is_out_of_date_is_made_anew_when_the_text_comes_again()
    {
        byte[] round = [.. RawClient.Parse("", "SELECT * FROM scratch.growing"), .. RawClient.Bind("", "", false), .. RawClient.Execute(""), .. RawClient.Sync];
        await fixture.Server.ExecuteAsync("CREATE TABLE scratch.growing AS SELECT 1 AS a; GRANT SELECT ON scratch.growing TO public", fixture.Database);
        using var through = await fixture.ThroughAsync();
        for (var i = 0; i < 3; i++)
        {
            Assert.Contains(await through.RoundTripAsync(round), m => m.Type == 'D');
        }

        await fixture.Server.ExecuteAsync("ALTER TABLE scratch.growing ADD COLUMN b text DEFAULT 'new'", fixture.Database);
        await through.RoundTripAsync(round);
        Assert.Contains(await through.RoundTripAsync(round), m => m.Type == 'D' && m.Columns().Length == 2);
    }

    public static TheoryData<string> Strings => [.. WireScripts.Strings.Keys];

    [Theory]
    [MemberData(nameof(Strings))]
    public async Task A_string_of_statements_has_the_servers_own_implicit_transaction(string name)
    {
        var rounds = WireScripts.Strings[name];
        using var direct = await fixture.DirectAsync();
        var expected = await RunAsync(direct, rounds);
        using var through = await fixture.ThroughAsync();
        Assert.Equal(expected, await RunAsync(through, rounds));
    }

    /// <summary>One line a message; errors by what clients see of them.</summary>
    private static async Task<List<string>> RunAsync(RawClient client, byte[][] rounds)
    {
        var lines = new List<string>();
        foreach (var (index, round) in rounds.Index())
        {
            lines.Add($"-- {index}");
            await client.SendAsync(round);
            lines.AddRange((await client.ReadToReadyAsync()).Where(m => m.Type != 'S').Select(Line));
        }

        return lines;
    }

    private static string Line(RawMessage message) => message.Type switch
    {
        'E' or 'N' => $"{message.Type} {message.Field('S')} {message.Field('C')} {message.Field('M')} | {message.Field('D')} | {message.Field('H')} | {message.Field('P')}",
        'D' => "D " + string.Join('|', message.Columns().Select(c => c is null ? "NULL" : System.Text.Encoding.UTF8.GetString(c))),
        _ => $"{message.Type} {message.Text.Replace('\0', ' ')}",
    };

    /// <summary>What must be the same although values are masked: types, tags, SQLSTATEs, descriptions.</summary>
    private static string Shape(string line) => line[0] switch
    {
        'D' => $"D {line.Count(c => c == '|')}",
        'E' or 'N' => string.Join(' ', line.Split(' ').Take(3)),
        _ => line,
    };
}
