using System.CommandLine;
using Sallyport.Api;
using Sallyport.Cli.Connection;
using Sallyport.Cli.Output;

namespace Sallyport.Cli.Commands;

/// <summary><c>access review</c>: closes the open work of an emergency.</summary>
internal static class AccessReviewCommand
{
    public static CliCommand Create(Surroundings surroundings)
    {
        var gateway = new GatewayOptions();
        var id = AccessOptions.GrantId();
        var note = new Option<string>("--note") { Description = "What was found; kept with the record.", HelpName = "TEXT", Required = true };
        note.Validators.Add(result =>
        {
            var text = result.GetValueOrDefault<string?>();
            if (string.IsNullOrWhiteSpace(text) || text.Length > ApiLimits.MaxReasonCharacters)
            {
                result.AddError($"--note takes 1 to {ApiLimits.MaxReasonCharacters} characters.");
            }
        });
        var command = new CliCommand("review", "Say that you have looked at what was done in an emergency. Only for people of its reviewers' groups, never for who opened it.")
        {
            Examples = ["sallyport access review gr_7KQ2ABCDEF --note \"three statements, all about the incident\""],
            Json = "the grant as it now stands, as in `access show`",
            ExitCodes = ApiExitCodes.With(ExitCode.Done, "reviewed", "no such emergency, it is still open, or somebody has reviewed it"),
            Arguments = { id },
            Options = { note },
        };
        gateway.AddTo(command);
        return command.Runs(surroundings, async (parsed, report, cancellationToken) =>
        {
            using var connection = gateway.Connect(parsed, surroundings);
            var grant = await connection.Client.ReviewBreakGlassAsync(parsed.GetRequiredValue(id), new AccessReviewBody(parsed.GetRequiredValue(note)), cancellationToken);
            report.Answer(grant, CliJson.Default.AccessGrantResource, answer => report.Line($"{answer.Id} is reviewed."));
            return ExitCode.Done;
        });
    }
}
