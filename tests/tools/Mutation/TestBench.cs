using System.Diagnostics;
using System.Globalization;

namespace Sallyport.Tools.Mutation;

/// <summary>A copy of the built unit tests in which the gateway's assembly is exchanged, and the processes that run them.</summary>
internal sealed class TestBench : IDisposable
{
    /// <summary>A mutant that makes the tests run longer than this counts as caught.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly DirectoryInfo _directory;
    private readonly string _tests;

    /// <param name="repository">Root of the repository, with tests/Unit built in Debug.</param>
    /// <param name="tests">How the full names of the test classes to run begin.</param>
    /// <param name="gateway">The assembly to run them with.</param>
    public TestBench(string repository, string tests, byte[] gateway)
    {
        _tests = tests;
        _directory = Directory.CreateDirectory(Path.Combine(repository, "artifacts", "mutation", Guid.NewGuid().ToString("N")));
        var built = Path.Combine(repository, "artifacts", "bin", "Unit", "debug");
        foreach (var file in Directory.EnumerateFiles(built, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(_directory.FullName, Path.GetRelativePath(built, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        File.WriteAllBytes(Path.Combine(_directory.FullName, "Sallyport.Gateway.dll"), gateway);
    }

    /// <summary>Tries one mutant after the other.</summary>
    /// <param name="numbers">Which; 0 is the unchanged gateway.</param>
    /// <returns>For each whether the tests pass.</returns>
    public async IAsyncEnumerable<(int Number, bool Passed)> TryAsync(IReadOnlyList<int> numbers)
    {
        for (var next = 0; next < numbers.Count;)
        {
            using var worker = Start(numbers.Skip(next));
            while (next < numbers.Count && await ReadAsync(worker) is { } result)
            {
                next++;
                yield return result;
            }

            if (next < numbers.Count)
            {
                // It crashed, or does not end.
                yield return (numbers[next++], false);
            }

            worker.Kill(entireProcessTree: true);
            await worker.WaitForExitAsync();
        }
    }

    public void Dispose() => _directory.Delete(recursive: true);

    private Process Start(IEnumerable<int> numbers)
    {
        var list = string.Join(',', numbers.Select(number => number.ToString(CultureInfo.InvariantCulture)));
        return Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [
            .. Path.GetFileNameWithoutExtension(Environment.ProcessPath) is "dotnet" ? [typeof(TestBench).Assembly.Location] : (IEnumerable<string>)[],
            Program.WorkerOption, _directory.FullName, _tests, list])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;
    }

    private static async Task<(int Number, bool Passed)?> ReadAsync(Process worker)
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            while (await worker.StandardOutput.ReadLineAsync(patience.Token) is { } line)
            {
                if (Worker.Read(line) is { } result)
                {
                    return result;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Silence is an answer, too.
        }

        return null;
    }
}
