using Sallyport.Gateway.Exports;
using Sallyport.Gateway.Recording;

namespace Sallyport.Server.Hosting;

/// <summary>Raises an alarm, in the log and in the ledger, when a receiver lacks records for too long, and takes it back when it has them.</summary>
internal sealed partial class ExportWatch(ExportDesk desk, Recorder recorder, TimeProvider time, ILogger<ExportWatch> logger)
    : PeriodicSweep(TimeSpan.FromSeconds(1), time)
{
    private readonly HashSet<string> _behind = new(StringComparer.Ordinal);

    /// <summary>Looks now.</summary>
    public async Task LookAsync()
    {
        var exporters = desk.Exporters;
        _behind.IntersectWith(exporters.Select(exporter => exporter.Configuration.Name));
        foreach (var exporter in exporters)
        {
            var name = exporter.Configuration.Name;
            var state = exporter.State;
            if (state.IsBehind && _behind.Add(name))
            {
                Behind(name, state.Waiting, (long)state.Lag.TotalSeconds, state.LastProblem);
                await recorder.ExportGapAsync(name, isOpen: true, state.Next, state.Lag, state.LastProblem);
            }
            else if (!state.IsBehind && _behind.Remove(name))
            {
                Back(name);
                await recorder.ExportGapAsync(name, isOpen: false, state.Next, state.Lag, "");
            }
        }
    }

    protected override Task SweepAsync(CancellationToken stoppingToken) => LookAsync();

    [LoggerMessage(Level = LogLevel.Error, Message = "Export {Export} is behind: its receiver lacks up to {Records} records, the oldest for {Seconds} s; the last problem was {Problem}")]
    private partial void Behind(string export, long records, long seconds, string problem);

    [LoggerMessage(Level = LogLevel.Information, Message = "Export {Export} is up to date again")]
    private partial void Back(string export);

    [LoggerMessage(Level = LogLevel.Error, Message = "How the exports do could not be looked at or recorded")]
    protected override partial void Failed(Exception problem);
}
