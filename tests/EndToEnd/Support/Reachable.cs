using System.Collections.Concurrent;

namespace Sallyport.EndToEnd.Support;

/// <summary>Makes folders readable to the user PostgreSQL runs as: a repository below /root is not.</summary>
internal static class Reachable
{
    private static readonly ConcurrentDictionary<string, Lazy<string>> Copies = new();

    /// <summary>The folder itself, or a copy in the run's own folder when the database user cannot enter it.</summary>
    public static string ByDatabaseUser(string folder) =>
        Copies.GetOrAdd(folder, path => new Lazy<string>(() => Find(path).GetAwaiter().GetResult())).Value;

    private static async Task<string> Find(string folder)
    {
        var probe = await ChildProcess.RunAsync(new Launch("/usr/bin/test", "-x", Path.Combine(folder, "bin", "postgres")) { AsDatabaseUser = true, Directory = "/" });
        if (probe.ExitCode == 0)
        {
            return folder;
        }

        var copy = TestRun.Subdirectory("copy");
        (await ChildProcess.RunAsync(new Launch("/bin/cp", "-a", folder + "/.", copy))).Expect(0);
        return copy;
    }
}
