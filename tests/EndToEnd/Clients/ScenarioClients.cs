using Sallyport.EndToEnd.Support;

namespace Sallyport.EndToEnd.Clients;

/// <summary>The real clients that speak the common scenario list.</summary>
internal static class ScenarioClients
{
    public const string Jdbc = "/usr/share/java/postgresql.jar";

    /// <summary>The list. Every client has every one of them.</summary>
    public static readonly string[] Scenarios =
    [
        "connect", "simple_and_multi", "parameters", "prepared_ten_times", "pipeline_error", "row_limited_fetch", "transactions", "copy",
        "cancel", "notifications", "notices", "error_fields", "large_values", "many_rows",
    ];

    public static Task<IReadOnlyDictionary<string, string>> RunAsync(string client, Endpoint endpoint) => client switch
    {
        "psql" => PsqlScenarios.RunAsync(endpoint),
        "npgsql" => NpgsqlScenarios.RunAsync(endpoint),
        "node" => NodeAsync(endpoint),
        "psycopg" => ProgramAsync(new Launch("/usr/bin/python3", Path.Combine(Folder, "scenarios.py")) { Environment = endpoint.Environment }),
        "jdbc" => ProgramAsync(new Launch("/usr/bin/java", "-Xmx256m", "-XX:TieredStopAtLevel=1", "-cp", Jdbc, Path.Combine(Folder, "Scenarios.java")) { Environment = endpoint.Environment }),
        _ => throw new ArgumentOutOfRangeException(nameof(client), client, message: null),
    };

    private static string Folder => Path.Combine(TestRun.Repository, "tests", "EndToEnd", "Clients");

    private static async Task<IReadOnlyDictionary<string, string>> NodeAsync(Endpoint endpoint)
    {
        var folder = TestRun.Subdirectory("node");
        File.Copy(Path.Combine(Folder, "scenarios.mjs"), Path.Combine(folder, "scenarios.mjs"));
        File.CreateSymbolicLink(Path.Combine(folder, "node_modules"), TestRun.NodeModules);
        return await ProgramAsync(new Launch(TestRun.Node, "scenarios.mjs") { Directory = folder, Environment = endpoint.Environment });
    }

    private static async Task<IReadOnlyDictionary<string, string>> ProgramAsync(Launch launch)
    {
        var finished = (await ChildProcess.RunAsync(launch, TimeSpan.FromSeconds(180))).Expect(0);
        return Transcript.Parse(finished.Output);
    }
}
