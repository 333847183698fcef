using System.Diagnostics;

namespace Sallyport.Tools.Mutation;

/// <summary>A copy of the built unit tests in which the gateway's assembly is exchanged.</summary>
internal sealed class TestBench : IDisposable
{
    /// <summary>A mutant that makes the tests run longer than this counts as caught.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly DirectoryInfo _directory;
    private readonly string _tests;

    /// <param name="repository">Root of the repository, with tests/Unit built in Debug.</param>
    /// <param name="tests">Namespace of the tests to run.</param>
    public TestBench(string repository, string tests)
    {
        _tests = tests;
        // Below the repository, because the tests look for their snapshots upwards from where they are.
        _directory = Directory.CreateDirectory(Path.Combine(repository, "artifacts", "mutation", Guid.NewGuid().ToString("N")));
        var built = Path.Combine(repository, "artifacts", "bin", "Unit", "debug");
        foreach (var file in Directory.EnumerateFiles(built, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(_directory.FullName, Path.GetRelativePath(built, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    public async Task<bool> PassAsync(byte[] gateway)
    {
        await File.WriteAllBytesAsync(Path.Combine(_directory.FullName, "Sallyport.Gateway.dll"), gateway);
        var start = new ProcessStartInfo("dotnet", [Path.Combine(_directory.FullName, "Sallyport.Unit.dll"), "--filter-namespace", _tests + "*", "--stop-on-fail", "on"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        using var process = Process.Start(start)!;
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await Task.WhenAll(
                process.StandardOutput.BaseStream.CopyToAsync(Stream.Null, patience.Token), process.StandardError.BaseStream.CopyToAsync(Stream.Null, patience.Token));
            await process.WaitForExitAsync(patience.Token);
            return process.ExitCode == 0;
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            return false;
        }
    }

    public void Dispose() => _directory.Delete(recursive: true);
}
