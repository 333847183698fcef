namespace Sallyport.Server.Hosting;

/// <summary>Structured logs: one JSON object a line on standard output. No log line holds a token, a statement or a value.</summary>
internal static class Logs
{
    /// <summary>Names the least level that is written, e.g. <c>Debug</c>.</summary>
    public const string LevelVariable = "SALLYPORT_LOG_LEVEL";

    public static void Configure(ILoggingBuilder logging)
    {
        logging.ClearProviders();
        logging.SetMinimumLevel(Enum.TryParse<LogLevel>(Environment.GetEnvironmentVariable(LevelVariable), ignoreCase: true, out var level) ? level : LogLevel.Information);
        // The framework's own lines about requests name paths; only its warnings are of use to an operator.
        logging.AddFilter("Microsoft", LogLevel.Warning);
        logging.AddFilter("System.Net.Http", LogLevel.Warning);
        // An answer of 401 is counted and recorded; it needs no line.
        logging.AddFilter("Sallyport.Server.Access.BearerHandler", LogLevel.Warning);
        logging.AddJsonConsole(static options =>
        {
            options.UseUtcTimestamp = true;
            options.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";
            options.IncludeScopes = false;
        });
    }
}
