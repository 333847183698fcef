using Sallyport.Gateway.Approvals;

namespace Sallyport.Server.Hosting;

/// <summary>Closes approvals whose time has passed, also those nobody waits for.</summary>
internal sealed partial class ApprovalExpiry(ApprovalDesk desk, TimeProvider time, ILogger<ApprovalExpiry> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await SweepAsync(stoppingToken);
        }
    }

    private async Task SweepAsync(CancellationToken stoppingToken)
    {
        try
        {
            var closed = await desk.ExpireOverdueAsync(stoppingToken);
            if (closed > 0)
            {
                Expired(closed);
            }
        }
        catch (Exception problem) when (problem is not OperationCanceledException)
        {
            // An approval that is overdue cannot be used, closed or not; the next sweep tries again.
            SweepFailed(problem);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Count} approvals expired")]
    private partial void Expired(int count);

    [LoggerMessage(Level = LogLevel.Error, Message = "Overdue approvals could not be closed")]
    private partial void SweepFailed(Exception problem);
}
