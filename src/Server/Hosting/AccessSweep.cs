using Sallyport.Gateway.Access;
using Sallyport.Gateway.Sessions;

namespace Sallyport.Server.Hosting;

/// <summary>Ends grants and requests whose time has passed, and sessions to which nothing is open any more.</summary>
internal sealed partial class AccessSweep(AccessDesk desk, GrantWatch watch, TimeProvider time, ILogger<AccessSweep> logger)
    : PeriodicSweep(TimeSpan.FromMilliseconds(500), time)
{
    protected override async Task SweepAsync(CancellationToken stoppingToken)
    {
        try
        {
            var closed = await desk.SweepAsync(stoppingToken);
            if (closed > 0)
            {
                Closed(closed);
            }
        }
        finally
        {
            // What is over opens nothing, closed or not.
            watch.Sweep();
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Count} grants and requests for access ended")]
    private partial void Closed(int count);

    [LoggerMessage(Level = LogLevel.Error, Message = "Grants and requests whose time is over could not be closed")]
    protected override partial void Failed(Exception problem);
}
