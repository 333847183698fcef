using System.Text;
using Sallyport.Cli.Connection;

namespace Sallyport.Cli.Runs;

/// <summary>The files of one run, in a folder for their owner only that goes with the run.</summary>
internal sealed class RunFolder : IDisposable
{
    private const UnixFileMode OwnerFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string _path;

    private RunFolder(string path) => _path = path;

    /// <summary>The password file of libpq and its kin (<c>PGPASSFILE</c>).</summary>
    public string PasswordFile => Path.Combine(_path, "pgpass");

    /// <summary>What the agent is to read.</summary>
    public string InstructionFile => Path.Combine(_path, "SALLYPORT.md");

    /// <summary>Makes a folder where files go with the session, else in the one for temporary files. It is made for its owner only.</summary>
    public static RunFolder Create(Surroundings surroundings)
    {
        if (surroundings.NonEmpty("XDG_RUNTIME_DIR") is not { } runtime || !Directory.Exists(runtime))
        {
            return new RunFolder(Directory.CreateTempSubdirectory("sallyport-").FullName);
        }

        var path = Path.Combine(runtime, $"sallyport-{Guid.NewGuid():N}");
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, OwnerFile | UnixFileMode.UserExecute);
        }

        return new RunFolder(path);
    }

    /// <summary>Replaces the password for every database and user of one server.</summary>
    public void WritePassword(string host, int port, string token) => Write(PasswordFile, $"{Escaped(host)}:{port}:*:*:{Escaped(token)}\n");

    public void WriteInstructions(string text) => Write(InstructionFile, text);

    public void Dispose()
    {
        try
        {
            Directory.Delete(_path, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // The program that ran may have removed it.
        }
    }

    private static string Escaped(string field) => field.Replace("\\", "\\\\", StringComparison.Ordinal).Replace(":", "\\:", StringComparison.Ordinal);

    private static void Write(string path, string text)
    {
        using var file = AtomicFile.Create(path, OwnerFile);
        file.Stream.Write(Encoding.UTF8.GetBytes(text));
        file.Commit();
    }
}
