using Sallyport.Cli.Connection;
using Sallyport.Cli.Output;

namespace Sallyport.Cli.Commands;

/// <summary><c>approvals show</c>: everything about one request.</summary>
internal static class ApprovalsShowCommand
{
    public static CliCommand Create(Surroundings surroundings)
    {
        var gateway = new GatewayOptions();
        var id = Arguments.ApprovalId();
        var command = new CliCommand("show", "Show one approval request: who asks, what the command touches, and its text.")
        {
            Examples = ["sallyport approvals show apr_7Kq2"],
            Json = "{id, state, requestedBy, kind, onBehalfOf, run, target, rule, class, effects, relations: [{schema, name, access}],\n"
                + "  phiColumns, unmasked: [{column, grant}], template, statement, session, requestedAt, expiresAt, decidedBy, decidedAt, reason, url,\n"
                + "  widenPlanSeconds, widenRunSeconds, scope, standsUntil, endReason, uses, deniedBefore,\n"
                + "  estimatedRows, estimatedBy, noEstimate, dryRunRows, noDryRun, rewordedFrom: {approval, record, rule, at, sameTemplate},\n"
                + "  earlier: [{at, verdict, rule, class, effects, relations, phiColumns}]}",
            ExitCodes = ApiExitCodes.With(ExitCode.Done, "shown", "no such request"),
            Arguments = { id },
        };
        gateway.AddTo(command);
        return command.Runs(surroundings, async (parsed, report, cancellationToken) =>
        {
            using var connection = gateway.Connect(parsed, surroundings);
            var approval = await connection.Client.GetApprovalAsync(parsed.GetRequiredValue(id), cancellationToken);
            report.Answer(approval, CliJson.Default.ApprovalResource, answer => ApprovalText.WriteWhole(report, answer));
            return ExitCode.Done;
        });
    }
}
