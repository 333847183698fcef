using System.Net;
using Sallyport.Gateway.Protocols.Postgres;
using Sallyport.Gateway.Transport;

namespace Sallyport.Gateway.Listeners;

/// <summary>The PostgreSQL door: accepts connections and hands each to the protocol. Disposing it stops accepting; open sessions go on.</summary>
public sealed class PostgresListener(TransportEngine transport, PostgresEntrance entrance) : IDisposable
{
    private IListener? _listener;

    /// <summary>The address that is bound, with the real port when port 0 was asked for; null before <see cref="Open"/>.</summary>
    public IPEndPoint? LocalEndPoint => _listener?.LocalEndPoint;

    /// <summary>Binds and begins to accept.</summary>
    /// <exception cref="IOException">The address cannot be bound.</exception>
    public void Open(IPEndPoint endPoint) => _listener = transport.Listen(endPoint, entrance.ServeAsync);

    public void Dispose() => _listener?.Dispose();
}
