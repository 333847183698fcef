using System.CommandLine;
using Sallyport.Gateway.Configuration;
using Sallyport.Server.Hosting;

namespace Sallyport.Server.Commands;

/// <summary><c>run CONFIG</c> or <c>--config CONFIG</c>: runs the gateway until SIGTERM or SIGINT.</summary>
internal static partial class RunCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("CONFIG") { Description = "The configuration file." };
        var command = new Command("run", "Run the gateway until SIGTERM or SIGINT; SIGHUP reads the configuration again.") { Arguments = { file } };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetRequiredValue(file), parsed.InvocationConfiguration.Error, cancellationToken));
        return command;
    }

    /// <summary>Lets the server run without the word <c>run</c>: <c>sallyport-server --config CONFIG</c>.</summary>
    public static void AddTo(RootCommand root)
    {
        var file = new Option<string>("--config") { Description = "Run the gateway with this configuration file.", Required = true };
        root.Options.Add(file);
        root.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetRequiredValue(file), parsed.InvocationConfiguration.Error, cancellationToken));
    }

    private static async Task<int> RunAsync(string file, TextWriter error, CancellationToken cancellationToken)
    {
        var result = ConfigurationLoader.Load(file);
        foreach (var problem in result.Problems)
        {
            await error.WriteLineAsync(problem.ToString());
        }
        if (result.Configuration is not { } configuration)
        {
            await error.WriteLineAsync($"{file}: cannot be enforced, so the gateway does not start");
            return ExitCode.InvalidConfiguration;
        }
        if (ProcessProtection.Apply() is { } obstacle)
        {
            await error.WriteLineAsync(obstacle);
            return ExitCode.Failed;
        }
        using var logs = LoggerFactory.Create(Logs.Configure);
        try
        {
            await GatewayProcess.RunAsync(file, configuration, logs, cancellationToken);
            return ExitCode.Done;
        }
        catch (Exception problem)
        {
            // The last boundary: whatever keeps the gateway from running is in the log, and the exit code tells the supervisor.
            Failed(logs.CreateLogger("Sallyport"), problem);
            return ExitCode.Failed;
        }
    }

    [LoggerMessage(Level = LogLevel.Critical, Message = "The gateway cannot run")]
    private static partial void Failed(ILogger logger, Exception problem);
}
