using Sallyport.Gateway.Approvals;

namespace Sallyport.Server.Hosting;

/// <summary>Closes approvals whose time has passed, also those nobody waits for. One that is overdue cannot be used, closed or not.</summary>
internal sealed partial class ApprovalExpiry(ApprovalDesk desk, TimeProvider time, ILogger<ApprovalExpiry> logger)
    : PeriodicSweep(TimeSpan.FromSeconds(5), time)
{
    protected override async Task SweepAsync(CancellationToken stoppingToken)
    {
        var closed = await desk.ExpireOverdueAsync(stoppingToken);
        if (closed > 0)
        {
            Expired(closed);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Count} approvals expired")]
    private partial void Expired(int count);

    [LoggerMessage(Level = LogLevel.Error, Message = "Overdue approvals could not be closed")]
    protected override partial void Failed(Exception problem);
}
