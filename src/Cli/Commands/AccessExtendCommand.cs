using Sallyport.Api;
using Sallyport.Cli.Connection;
using Sallyport.Cli.Output;

namespace Sallyport.Cli.Commands;

/// <summary><c>access extend</c>: asks for more time.</summary>
internal static class AccessExtendCommand
{
    public static CliCommand Create(Surroundings surroundings)
    {
        var gateway = new GatewayOptions();
        var id = AccessOptions.GrantId();
        var length = AccessOptions.For("What is added to its end, e.g. 30m.");
        var until = Arguments.Instant("--until", "The new end, instead of --for.");
        var reason = Arguments.Reason(required: true, "Why; those who decide read it.");
        var (wait, timeout) = (AccessOptions.Wait(), AccessOptions.Timeout());
        var command = new CliCommand("extend", "Ask for a grant of your own to last longer. Those who could give it decide again.")
        {
            Examples = ["sallyport access extend gr_7KQ2ABCDEF --for 30m --reason \"not done yet\" --wait"],
            Json = "the request, as in `access show`",
            ExitCodes = AccessOptions.ExitCodes("no such grant, it is over, or nobody can give this"),
            Arguments = { id },
            Options = { length, until, reason, wait, timeout },
        };
        gateway.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetResult(length) is null or { Implicit: true } == (result.GetResult(until) is null or { Implicit: true }))
            {
                result.AddError("Give either --for or --until.");
            }
        });
        return command.Runs(surroundings, async (parsed, report, cancellationToken) =>
        {
            using var connection = gateway.Connect(parsed, surroundings);
            var body = new AccessExtendBody
            {
                Until = parsed.GetValue(until),
                Seconds = parsed.GetValue(until) is null ? (int)parsed.GetValue(length).TotalSeconds : null,
                Reason = parsed.GetValue(reason)!,
            };
            var asked = await connection.Client.ExtendGrantAsync(parsed.GetRequiredValue(id), body, cancellationToken);
            if (parsed.GetValue(wait) && asked.State == AccessRequestState.Pending)
            {
                report.Note(AccessText.Sentence(asked));
                asked = await AccessWaiting.WaitAsync(connection.Client, asked, parsed.GetValue(timeout), report, cancellationToken);
            }

            report.Answer(asked, CliJson.Default.AccessRequestResource, answer => report.Line(AccessText.Sentence(answer)));
            return AccessText.ExitCodeOf(asked);
        });
    }
}
