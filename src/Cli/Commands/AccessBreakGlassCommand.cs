using Sallyport.Api;
using Sallyport.Cli.Connection;
using Sallyport.Cli.Output;

namespace Sallyport.Cli.Commands;

/// <summary><c>access break-glass</c>: opens what the configuration fixes for an emergency, at once.</summary>
internal static class AccessBreakGlassCommand
{
    public static CliCommand Create(Surroundings surroundings)
    {
        var gateway = new GatewayOptions();
        var target = Arguments.Target();
        var reason = Arguments.Reason(required: true, "What the emergency is; the reviewer reads it.");
        var command = new CliCommand(
            "break-glass",
            "Open a target in an emergency, at once and by yourself. Scope and end are fixed by the configuration, everything in it is marked, and somebody else reviews it. Only for people of the named groups.")
        {
            Examples = ["sallyport access break-glass --target clinic --reason \"ward system is down, incident 99\""],
            Json = "the grant, as in `access show`",
            ExitCodes = ApiExitCodes.With(ExitCode.Done, "it is open"),
            Options = { target, reason },
        };
        gateway.AddTo(command);
        return command.Runs(surroundings, async (parsed, report, cancellationToken) =>
        {
            using var connection = gateway.Connect(parsed, surroundings);
            var grant = await connection.Client.BreakGlassAsync(new BreakGlassBody(parsed.GetRequiredValue(target), parsed.GetValue(reason)!), cancellationToken);
            report.Answer(grant, CliJson.Default.AccessGrantResource, answer => report.Line($"{answer.Id} is open until {Times.Text(answer.Until)}; everything is recorded and will be reviewed."));
            return ExitCode.Done;
        });
    }
}
