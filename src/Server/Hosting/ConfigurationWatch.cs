using Sallyport.Gateway.Configuration;

namespace Sallyport.Server.Hosting;

/// <summary>
/// Notices that the configuration file has changed, and has it read again. It compares what the file holds, so it does not matter how the file was
/// changed: in place, by rename, or by the link a ConfigMap swaps. The system tells when to look; where it does not, time does.
/// </summary>
internal sealed partial class ConfigurationWatch(string file, Reloader reloader, TimeProvider time, ILogger<ConfigurationWatch> logger) : BackgroundService
{
    /// <summary>Longest time between two looks.</summary>
    public static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);

    /// <summary>A file that is the same for so long is written to its end.</summary>
    public static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(250);

    private readonly SemaphoreSlim _changed = new(0, 1);

    public override void Dispose()
    {
        _changed.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var watcher = Watch();
        while (true)
        {
            try
            {
                await LookAsync(stoppingToken);
            }
            catch (Exception problem) when (problem is not OperationCanceledException)
            {
                // The policy that was in force stays, and the file is looked at again when it changes.
                Failed(problem);
            }
            await _changed.WaitAsync(LookEvery, stoppingToken);
        }
    }

    /// <summary>Has the file read again if it is another one than was read last, once it is written to its end.</summary>
    private async Task LookAsync(CancellationToken stoppingToken)
    {
        var hash = ConfigurationLoader.HashOfFile(file);
        while (hash is not null && hash != reloader.LastRead)
        {
            await Task.Delay(Quiet, time, stoppingToken);
            var now = ConfigurationLoader.HashOfFile(file);
            if (now == hash && hash != reloader.LastRead)
            {
                Changed();
                await reloader.ReloadAsync();
            }
            hash = now;
        }
    }

    /// <summary>Null where the system cannot watch the folder; then time alone tells when to look.</summary>
    private FileSystemWatcher? Watch()
    {
        try
        {
            var watcher = new FileSystemWatcher(Path.GetDirectoryName(Path.GetFullPath(file))!)
            {
                NotifyFilter = NotifyFilters.FileName | NotifyFilters.DirectoryName | NotifyFilters.LastWrite | NotifyFilters.Size | NotifyFilters.CreationTime,
            };
            watcher.Changed += (_, _) => Wake();
            watcher.Created += (_, _) => Wake();
            watcher.Deleted += (_, _) => Wake();
            watcher.Renamed += (_, _) => Wake();
            watcher.Error += (_, _) => Wake();
            watcher.EnableRaisingEvents = true;
            return watcher;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or ArgumentException or PlatformNotSupportedException)
        {
            NotWatched(problem.Message);
            return null;
        }
    }

    private void Wake()
    {
        try
        {
            _changed.Release();
        }
        catch (Exception already) when (already is SemaphoreFullException or ObjectDisposedException)
        {
            // A look is due anyway, or the watch is over.
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The configuration file has changed and is read again")]
    private partial void Changed();

    [LoggerMessage(Level = LogLevel.Warning, Message = "The configuration's folder cannot be watched, so it is looked at every few seconds: {Problem}")]
    private partial void NotWatched(string problem);

    [LoggerMessage(Level = LogLevel.Error, Message = "The configuration could not be put in force")]
    private partial void Failed(Exception problem);
}
