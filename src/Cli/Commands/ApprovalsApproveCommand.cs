using Sallyport.Api;
using Sallyport.Cli.Connection;
using Sallyport.Cli.Output;

namespace Sallyport.Cli.Commands;

/// <summary><c>approvals approve</c>: lets one command run once.</summary>
internal static class ApprovalsApproveCommand
{
    public static CliCommand Create(Surroundings surroundings)
    {
        var gateway = new GatewayOptions();
        var id = Arguments.ApprovalId();
        var reason = Arguments.Reason(required: false, "Why; kept with the record.");
        var forPlan = Arguments.OptionalDuration("--for-plan", "Also the same statement with other constants and parameters, for this time.");
        var forRun = Arguments.OptionalDuration("--for-run", "Also commands of the same class on the same relations, for this time of the same run.");
        var command = new CliCommand("approve", "Let exactly this command run, once; or more where the rule allows it. Only for people in the rule's approver groups, never for one's own agent.")
        {
            Examples = ["sallyport approvals approve apr_7Kq2 --reason \"ticket 4711\"", "sallyport approvals approve apr_7Kq2 --for-plan 10m"],
            Json = "the approval as it now stands, as in `approvals show`",
            ExitCodes = ApiExitCodes.With(ExitCode.Done, "approved", "no such request, or it is already decided or expired"),
            Arguments = { id },
            Options = { reason, forPlan, forRun },
        };
        command.Validators.Add(result =>
        {
            if (result.GetResult(forPlan) is not null && result.GetResult(forRun) is not null)
            {
                result.AddError("--for-plan and --for-run exclude each other.");
            }
        });
        gateway.AddTo(command);
        return command.Runs(surroundings, async (parsed, report, cancellationToken) =>
        {
            using var connection = gateway.Connect(parsed, surroundings);
            var approval = await connection.Client.ApproveAsync(parsed.GetRequiredValue(id), RequestOf(parsed.GetValue(reason), parsed.GetValue(forPlan), parsed.GetValue(forRun)), cancellationToken);
            report.Answer(approval, CliJson.Default.ApprovalResource, answer => report.Line(ApprovalText.Sentence(answer)));
            return ExitCode.Done;
        });
    }

    private static ApproveRequest RequestOf(string? reason, TimeSpan? forPlan, TimeSpan? forRun) => (forPlan, forRun) switch
    {
        ({ } plan, _) => new ApproveRequest(reason, ApprovalScope.Plan, (int)plan.TotalSeconds),
        (_, { } run) => new ApproveRequest(reason, ApprovalScope.Run, (int)run.TotalSeconds),
        _ => new ApproveRequest(reason),
    };
}
