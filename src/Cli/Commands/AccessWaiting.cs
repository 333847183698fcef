using Sallyport.Api;
using Sallyport.Cli.Output;

namespace Sallyport.Cli.Commands;

/// <summary>Waits for the decision about a request for access.</summary>
internal static class AccessWaiting
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(2);

    /// <summary>The request as it stands when it is decided, or when the time is over.</summary>
    public static async Task<AccessRequestResource> WaitAsync(SallyportClient client, AccessRequestResource request, TimeSpan timeout, Report report, CancellationToken cancellationToken)
    {
        var time = report.Surroundings.Time;
        var started = time.GetTimestamp();
        while (request.State == AccessRequestState.Pending)
        {
            var left = timeout - time.GetElapsedTime(started);
            if (left < TimeSpan.FromSeconds(1))
            {
                return request;
            }

            try
            {
                request = await client.WaitForAccessAsync(request.Id, (int)Math.Min(left.TotalSeconds, ApiLimits.MaxWaitSeconds), cancellationToken);
            }
            catch (ApiException exception) when (exception.Failure is ApiFailure.Unreachable or ApiFailure.Unavailable)
            {
                // Requests outlive a restart of the gateway, so waiting must too.
                report.Note($"{exception.Message} Still waiting.");
                await Task.Delay(RetryDelay, time, cancellationToken);
            }
        }

        return request;
    }
}
