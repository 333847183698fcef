using System.CommandLine;
using System.ComponentModel;
using System.Diagnostics;
using Sallyport.Cli.Output;

namespace Sallyport.Cli.Commands;

/// <summary><c>check</c>: lets the server beside this program check a configuration file.</summary>
internal static class CheckCommand
{
    private const string ServerName = "sallyport-server";
    private const string ServerVariable = "SALLYPORT_SERVER";

    public static CliCommand Create(Surroundings surroundings)
    {
        var file = new Argument<string>("CONFIG") { Description = "The gateway's configuration file." };
        var live = new Option<bool>("--live") { Description = "Also sign in to every target as the gateway would, and say what it lacks, with the SQL that mends it." };
        var command = new CliCommand("check", "Check a gateway configuration as a whole and list every problem, by running `sallyport-server check`.")
        {
            Examples = ["sallyport check /etc/sallyport/gateway.yaml", "sallyport check /etc/sallyport/gateway.yaml --live"],
            Json = "whatever `sallyport-server check --json` prints",
            ExitCodes = new Dictionary<int, string>
            {
                [ExitCode.Done] = "the configuration can be enforced",
                [ExitCode.No] = "it has problems; each is listed",
                [ExitCode.Failed] = "sallyport-server was not found or could not run",
            },
            Arguments = { file },
            Options = { live },
        };
        return command.Runs(surroundings, (parsed, report, cancellationToken) => RunAsync(parsed.GetRequiredValue(file), parsed.GetValue(live), report, cancellationToken));
    }

    private static async Task<int> RunAsync(string file, bool isLive, Report report, CancellationToken cancellationToken)
    {
        var server = Find(report.Surroundings) ?? throw new CliException(
            ExitCode.Failed,
            $"{ServerName} is not beside this program and not on the PATH.",
            $"Install the server package on this machine, or set {ServerVariable} to its path.");
        var start = new ProcessStartInfo(server) { UseShellExecute = false, ArgumentList = { "check", file }, RedirectStandardOutput = true, RedirectStandardError = true };
        if (isLive)
        {
            start.ArgumentList.Add("--live");
        }

        if (report.Json)
        {
            start.ArgumentList.Add(CommandLine.JsonOption);
        }

        try
        {
            using var process = Process.Start(start) ?? throw new Win32Exception();
            await using var killer = cancellationToken.UnsafeRegister(static state => ((Process)state!).Kill(), process);
            await Task.WhenAll(
                PassOnAsync(process.StandardOutput, report.Surroundings.Output, cancellationToken),
                PassOnAsync(process.StandardError, report.Surroundings.Error, cancellationToken));
            await process.WaitForExitAsync(cancellationToken);
            return process.ExitCode is ExitCode.Done or ExitCode.No
                ? process.ExitCode
                : throw new CliException(ExitCode.Failed, $"{ServerName} ended with {process.ExitCode}.", "Its own words are above.");
        }
        catch (Win32Exception exception)
        {
            throw new CliException(ExitCode.Failed, $"{server} cannot be run: {exception.Message}.", "Check that it is executable.", exception);
        }
    }

    private static async Task PassOnAsync(StreamReader from, TextWriter to, CancellationToken cancellationToken)
    {
        const int BufferCharacters = 4096;
        var buffer = new char[BufferCharacters];
        for (int count; (count = await from.ReadAsync(buffer, cancellationToken)) > 0;)
        {
            await to.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
        }
    }

    private static string? Find(Surroundings surroundings)
    {
        if (surroundings.NonEmpty(ServerVariable) is { } named)
        {
            return named;
        }

        var directories = (surroundings.NonEmpty("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return directories.Prepend(surroundings.ProgramDirectory).Select(directory => Path.Combine(directory, ServerName)).FirstOrDefault(File.Exists);
    }
}
