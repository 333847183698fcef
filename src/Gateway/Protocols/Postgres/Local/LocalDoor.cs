using System.Globalization;
using Sallyport.Gateway.Protocols.Postgres.Engine;
using Sallyport.Gateway.Protocols.Postgres.Messages;
using Sallyport.Gateway.Transport;

namespace Sallyport.Gateway.Protocols.Postgres.Local;

/// <summary>
/// The door for clients inside this process: behind it they are sessions like any other, with the same admission, gate, masks, budgets and
/// records. Thread-safe.
/// </summary>
public sealed class LocalDoor(PostgresDoor door, PostgresEntrance entrance, TransportEngine transport)
{
    /// <summary>Longest a statement may run; the client may set another limit for its session.</summary>
    public static readonly TimeSpan StatementTime = TimeSpan.FromSeconds(60);

    /// <summary>Opens a session at a target. A refusal is the result of its first statement.</summary>
    public LocalSession Open(LocalCaller caller, string target)
    {
        ArgumentNullException.ThrowIfNull(caller);
        var (client, server) = MemoryWire.Pair(caller.Peer, caller.Tls);
        var observer = new LocalObserver();
        var startup = new StartupPacket.Startup(3, 0,
        [
            new("user", caller.Protocol),
            new("database", target),
            new("application_name", caller.Protocol),
            new("statement_timeout", ((long)StatementTime.TotalMilliseconds).ToString(CultureInfo.InvariantCulture)),
        ]);
        var start = new ClientStart(server, new InputBuffer(server), startup, "") { Protocol = caller.Protocol, Observer = observer };
        var running = transport.RunAsync(async () =>
        {
            try
            {
                await entrance.ServeAsync(start, caller.Principal);
            }
            finally
            {
                server.Abort();
            }
        });
        return new LocalSession(client, observer, running, door.CancelKeys, oid => door.Targets.Find(target)?.Catalog.Type(oid)?.Name, door.Time);
    }
}
