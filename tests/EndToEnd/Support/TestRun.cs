using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Sallyport.EndToEnd.Support;

/// <summary>Where this run of the tests keeps its files, and what it finds in the repository.</summary>
internal static class TestRun
{
    /// <summary>A folder of this run only; deleted when the process ends.</summary>
    public static readonly string Directory = CreateDirectory();

    public static readonly string Repository = FindRepository();

    public static readonly bool IsRoot = Environment.IsPrivilegedProcess;

    /// <summary>The user PostgreSQL runs as when the tests run as root.</summary>
    public const string DatabaseUser = "postgres";

    /// <summary>The folder of the npm packages, as <c>./test</c> made it.</summary>
    public static string NodeModules => Path.Combine(NodeFolder(), "node_modules");

    public static string Node => Path.Combine(NodeModules, "node22", "bin", "node");

    /// <summary>The built program of a project of <c>src/</c>, in the configuration the tests were built in.</summary>
    public static string Program(string project, string name)
    {
        var configuration = Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        return Path.Combine(Repository, "artifacts", "bin", project, configuration, name);
    }

    public static string Subdirectory(string name)
    {
        var path = Path.Combine(Directory, $"{name}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}");
        System.IO.Directory.CreateDirectory(path);
        return path;
    }

    /// <summary>A port nobody listens on now. Another process may take it first: callers that start a server try again.</summary>
    public static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    /// <summary>Polls until the condition holds. Throws <see cref="TimeoutException"/> with the description when it does not in time.</summary>
    public static async Task UntilAsync(string description, Func<Task<bool>> holds, TimeSpan? limit = null)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!await holds())
        {
            if (TimeProvider.System.GetElapsedTime(started) > (limit ?? TimeSpan.FromSeconds(60)))
            {
                throw new TimeoutException($"waited in vain until {description}");
            }

            await Task.Delay(25);
        }
    }

    public static Task UntilAsync(string description, Func<bool> holds, TimeSpan? limit = null) =>
        UntilAsync(description, () => Task.FromResult(holds()), limit);

    /// <summary>Deletes the folder of this run, unless SALLYPORT_KEEP is set.</summary>
    public static void Clean()
    {
        if (Environment.GetEnvironmentVariable("SALLYPORT_KEEP") is null)
        {
            Delete(Directory);
        }
    }

    private static string CreateDirectory()
    {
        var path = Path.Combine(Path.GetTempPath(), $"sallyport-e2e-{Environment.ProcessId}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}");
        System.IO.Directory.CreateDirectory(path);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Clean();
        return path;
    }

    private static void Delete(string path)
    {
        try
        {
            if (!System.IO.Directory.Exists(path))
            {
                return;
            }

            System.IO.Directory.Delete(path, recursive: true);
        }
        catch (IOException)
        {
            // A server that is just ending may still write; what is left lies in the system's folder for temporary files.
        }
    }

    private static string FindRepository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Sallyport.slnx")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("The tests must run from a folder below the repository.");
    }

    private static string NodeFolder()
    {
        var lockFile = File.ReadAllBytes(Path.Combine(Repository, "tests", "EndToEnd", "node", "package-lock.json"));
        var folder = Path.Combine(Repository, ".cache", "node-" + Convert.ToHexStringLower(SHA256.HashData(lockFile))[..16]);
        return File.Exists(Path.Combine(folder, "ready"))
            ? folder
            : throw new InvalidOperationException("The npm packages are missing: run ./test e2e once.");
    }
}
