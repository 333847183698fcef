namespace Sallyport.EndToEnd.Support;

/// <summary>The real <c>psql</c>, as an agent runs it.</summary>
internal sealed record Psql(string Host, int Port, string Database, string User, string Password)
{
    public string SslMode { get; init; } = "disable";

    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    public Launch Launch(params string[] arguments) => new("/usr/bin/psql", ["--no-psqlrc", .. arguments])
    {
        Environment = new(Environment)
        {
            ["PGHOST"] = Host,
            ["PGPORT"] = Port.ToString(),
            ["PGDATABASE"] = Database,
            ["PGUSER"] = User,
            ["PGPASSWORD"] = Password,
            ["PGSSLMODE"] = SslMode,
            ["PGCONNECT_TIMEOUT"] = "30",
            ["PSQL_HISTORY"] = "/dev/null",
            ["LC_ALL"] = "C.UTF-8",
        },
    };

    /// <summary>Runs with the arguments to the end.</summary>
    public Task<Finished> RunAsync(params string[] arguments) => ChildProcess.RunAsync(Launch(arguments));

    /// <summary>Runs one command string; output without alignment, header and footer.</summary>
    public Task<Finished> QueryAsync(string sql) => RunAsync("--tuples-only", "--no-align", "--command", sql);

    /// <summary>Runs a script as <c>psql -f</c> does, from a file of its own.</summary>
    public async Task<Finished> ScriptAsync(string script, params string[] arguments)
    {
        var file = Path.Combine(TestRun.Subdirectory("script"), "script.sql");
        await File.WriteAllTextAsync(file, script);
        return await RunAsync(["--file", file, .. arguments]);
    }
}
