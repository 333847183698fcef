using Sallyport.Api;
using Sallyport.Cli.Connection;
using Sallyport.Cli.Output;

namespace Sallyport.Cli.Commands;

/// <summary><c>wait</c>: waits for a decision, in a form that scripts and agents can branch on.</summary>
internal static class WaitCommand
{
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(2);

    /// <param name="surroundings">The machine.</param>
    /// <param name="path">How the command is reached, for its example: it exists twice.</param>
    public static CliCommand Create(Surroundings surroundings, string path)
    {
        var gateway = new GatewayOptions();
        var id = Arguments.ApprovalId();
        id.Description = "The id of an approval (apr_...) or of a request for access (req_...).";
        var timeout = Arguments.Duration("--timeout", "How long to wait at most, e.g. 90s, 10m, 1h.", DefaultTimeout);
        var codes = ApiExitCodes.With(ExitCode.Done, "approved: run the same command again", "no such request");
        codes[ExitCode.No] = "denied or expired: do not run it again";
        codes[ExitCode.StillPending] = "still pending: wait again";
        var command = new CliCommand("wait", "Wait until somebody decides about a held command, or about a request for access.")
        {
            Examples = [$"{path} apr_7Kq2 --timeout 10m && psql ... # the same command again"],
            Json = "the approval as it then stands, as in `approvals show`; a request as in `access show`",
            ExitCodes = codes.OrderBy(code => code.Key).ToDictionary(),
            Arguments = { id },
            Options = { timeout },
        };
        gateway.AddTo(command);
        return command.Runs(surroundings, async (parsed, report, cancellationToken) =>
        {
            using var connection = gateway.Connect(parsed, surroundings);
            if (parsed.GetRequiredValue(id).StartsWith(AccessOptions.RequestPrefix, StringComparison.Ordinal))
            {
                var request = await connection.Client.GetAccessRequestAsync(parsed.GetRequiredValue(id), cancellationToken);
                request = await AccessWaiting.WaitAsync(connection.Client, request, parsed.GetValue(timeout), report, cancellationToken);
                report.Answer(request, CliJson.Default.AccessRequestResource, answer => report.Line(AccessText.Sentence(answer)));
                return AccessText.ExitCodeOf(request);
            }

            var approval = await WaitAsync(connection.Client, parsed.GetRequiredValue(id), parsed.GetValue(timeout), report, cancellationToken);
            report.Answer(approval, CliJson.Default.ApprovalResource, answer => report.Line(ApprovalText.Sentence(answer)));
            return approval.State switch
            {
                ApprovalState.Approved or ApprovalState.Used => ExitCode.Done,
                ApprovalState.Pending => ExitCode.StillPending,
                _ => ExitCode.No,
            };
        });
    }

    private static async Task<ApprovalResource> WaitAsync(
        SallyportClient client, string id, TimeSpan timeout, Report report, CancellationToken cancellationToken)
    {
        var time = report.Surroundings.Time;
        var started = time.GetTimestamp();
        var approval = await client.GetApprovalAsync(id, cancellationToken);
        while (approval.State == ApprovalState.Pending)
        {
            var left = timeout - time.GetElapsedTime(started);
            if (left < TimeSpan.FromSeconds(1))
            {
                return approval;
            }

            try
            {
                var seconds = (int)Math.Min(left.TotalSeconds, ApiLimits.MaxWaitSeconds);
                approval = await client.WaitForApprovalAsync(id, seconds, cancellationToken);
            }
            catch (ApiException exception) when (exception.Failure is ApiFailure.Unreachable or ApiFailure.Unavailable)
            {
                // Requests outlive a restart of the gateway, so waiting must too.
                report.Note($"{exception.Message} Still waiting.");
                await Task.Delay(RetryDelay, time, cancellationToken);
            }
        }

        return approval;
    }
}
