using System.Globalization;
using Sallyport.Gateway.Protocols.Postgres.Administration;
using Sallyport.Gateway.Targets;

namespace Sallyport.Gateway.Protocols.Postgres.Roles;

/// <summary>Makes sure that a server process whose session is over ends, even if its statement does not heed being cancelled.</summary>
internal static class LeftProcess
{
    /// <summary>How long a process has to end by itself, once it was cancelled and its connection is closed.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(250);

    /// <summary>How far the begin of a session and that of its process may lie apart.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(1);

    /// <param name="pool">Connections as the role that the process runs as.</param>
    /// <param name="processId">The process.</param>
    /// <param name="age">Since when it runs: a younger one with its number is another.</param>
    /// <param name="time">The clock.</param>
    public static async Task EndAsync(ControlPool pool, int processId, TimeSpan age, TimeProvider time)
    {
        await Task.Delay(Grace, time);
        var oldest = age > Slack ? (long)(age - Slack).TotalMilliseconds : 0;
        try
        {
            await pool.RunAsync(connection => connection.QueryAsync(string.Create(
                CultureInfo.InvariantCulture,
                $"""
                SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity
                 WHERE pid = {processId} AND usename = current_user AND backend_start <= pg_catalog.clock_timestamp() - interval '{oldest} ms'
                """)));
        }
        catch (Exception failure) when (failure is TargetUnavailableException or StatementFailedException)
        {
            // It was cancelled, and finds its connection closed when it next writes; a target that cannot be reached has other troubles.
        }
    }
}
