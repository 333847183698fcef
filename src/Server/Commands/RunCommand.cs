using System.CommandLine;
using Sallyport.Gateway.Configuration;
using Sallyport.Server.Hosting;

namespace Sallyport.Server.Commands;

/// <summary><c>run --config FILE</c>: runs the gateway until SIGTERM or SIGINT.</summary>
internal static partial class RunCommand
{
    public static Command Create()
    {
        var command = new Command("run", "Run the gateway until SIGTERM or SIGINT; SIGHUP reads the configuration again.");
        AddTo(command);
        return command;
    }

    /// <summary>Gives a command the option and the action of <c>run</c>.</summary>
    public static void AddTo(Command command)
    {
        var file = new Option<string>("--config") { Description = "The configuration file.", Required = true };
        command.Options.Add(file);
        command.SetAction((parsed, cancellationToken) =>
            RunAsync(parsed.GetRequiredValue(file), parsed.InvocationConfiguration.Error, cancellationToken));
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
