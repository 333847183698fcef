namespace Sallyport.Server.Hosting;

/// <summary>Looks again and again for what is over, until the gateway stops. A look that fails is reported, and the next one tries again.</summary>
internal abstract class PeriodicSweep(TimeSpan interval, TimeProvider time) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await SweepAsync(stoppingToken);
            }
            catch (Exception problem) when (problem is not OperationCanceledException)
            {
                Failed(problem);
            }
        }
    }

    protected abstract Task SweepAsync(CancellationToken stoppingToken);

    protected abstract void Failed(Exception problem);
}
