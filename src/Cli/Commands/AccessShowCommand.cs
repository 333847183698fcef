using Sallyport.Cli.Connection;
using Sallyport.Cli.Output;

namespace Sallyport.Cli.Commands;

/// <summary><c>access show</c>: everything about one request or grant.</summary>
internal static class AccessShowCommand
{
    private const string GrantPrefix = "gr_";

    public static CliCommand Create(Surroundings surroundings)
    {
        var gateway = new GatewayOptions();
        var id = AccessOptions.RequestId();
        id.Description = "The id of a request (req_...) or grant (gr_...).";
        var command = new CliCommand("show", "Show one request or grant: what it is about, who decided, until when.")
        {
            Examples = ["sallyport access show req_7KQ2ABCDEF", "sallyport access show gr_7KQ2ABCDEF --json"],
            Json = "the request, or the grant: {id, origin, holder, target, scope, from, until, active, givenBy, review, ...}",
            ExitCodes = ApiExitCodes.With(ExitCode.Done, "shown", "no such request or grant"),
            Arguments = { id },
        };
        gateway.AddTo(command);
        return command.Runs(surroundings, async (parsed, report, cancellationToken) =>
        {
            using var connection = gateway.Connect(parsed, surroundings);
            var name = parsed.GetRequiredValue(id);
            if (name.StartsWith(GrantPrefix, StringComparison.Ordinal))
            {
                var grant = await connection.Client.GetGrantAsync(name, cancellationToken);
                report.Answer(grant, CliJson.Default.AccessGrantResource, answer => AccessText.WriteWhole(report, answer));
                return ExitCode.Done;
            }

            var request = await connection.Client.GetAccessRequestAsync(name, cancellationToken);
            report.Answer(request, CliJson.Default.AccessRequestResource, answer => AccessText.WriteWhole(report, answer));
            return ExitCode.Done;
        });
    }
}
