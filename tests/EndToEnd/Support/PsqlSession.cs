namespace Sallyport.EndToEnd.Support;

/// <summary>A psql that stays connected and is told one statement after the other.</summary>
internal sealed class PsqlSession : IAsyncDisposable
{
    private readonly ChildProcess _psql;
    private int _asked;

    private PsqlSession(ChildProcess psql) => _psql = psql;

    /// <summary>Starts it; it connects at once. It does not call itself psql, so that a refusal does not halt it.</summary>
    public static PsqlSession Start(Psql psql) => new(ChildProcess.Start(
        (psql with { Environment = new Dictionary<string, string>(psql.Environment) { ["PGAPPNAME"] = "session" } }).Launch("--quiet", "--tuples-only", "--no-align")));

    /// <summary>Runs a statement that returns rows and gives them, without the last line's end.</summary>
    public async Task<string> AskAsync(string sql)
    {
        var before = _psql.Output.Length;
        var error = await RunAsync(sql);
        Assert.True(error.Length == 0, error);
        await TestRun.UntilAsync("psql shows the rows", () => _psql.Output.Length > before);
        return _psql.Output[before..].TrimEnd('\n');
    }

    /// <summary>Runs a statement that returns nothing.</summary>
    public async Task TellAsync(string sql)
    {
        var error = await RunAsync(sql);
        Assert.True(error.Length == 0, error);
    }

    /// <summary>Runs a statement that fails and gives what psql says about that.</summary>
    public async Task<string> FailAsync(string sql)
    {
        var error = await RunAsync(sql);
        Assert.NotEqual("", error);
        return error;
    }

    public ValueTask DisposeAsync() => _psql.DisposeAsync();

    /// <summary>Runs a statement and gives what psql wrote to its error stream, which it does not buffer.</summary>
    private async Task<string> RunAsync(string sql)
    {
        var before = _psql.Error.Length;
        var mark = $"answered-{++_asked}\n";
        await _psql.Input.WriteAsync($"{sql};\n\\warn {mark}");
        await _psql.Input.FlushAsync();
        await TestRun.UntilAsync("psql has answered", () => _psql.Error[before..].EndsWith(mark, StringComparison.Ordinal) || _psql.HasExited);
        return _psql.Error[before..].Replace(mark, "", StringComparison.Ordinal);
    }
}
