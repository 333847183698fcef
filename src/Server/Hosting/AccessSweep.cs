using Sallyport.Gateway.Access;
using Sallyport.Gateway.Sessions;

namespace Sallyport.Server.Hosting;

/// <summary>Ends grants and requests whose time has passed, and sessions to which nothing is open any more.</summary>
internal sealed partial class AccessSweep(AccessDesk desk, GrantWatch watch, TimeProvider time, ILogger<AccessSweep> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

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
            var closed = await desk.SweepAsync(stoppingToken);
            if (closed > 0)
            {
                Closed(closed);
            }
        }
        catch (Exception problem) when (problem is not OperationCanceledException)
        {
            // What is over opens nothing, closed or not; the next sweep tries again.
            Failed(problem);
        }
        watch.Sweep();
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Count} grants and requests for access ended")]
    private partial void Closed(int count);

    [LoggerMessage(Level = LogLevel.Error, Message = "Grants and requests whose time is over could not be closed")]
    private partial void Failed(Exception problem);
}
