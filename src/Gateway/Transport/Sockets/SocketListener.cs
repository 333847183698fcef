using System.Net;
using System.Net.Sockets;

namespace Sallyport.Gateway.Transport.Sockets;

/// <summary>Accepts connections until it is disposed; backs off when descriptors or memory run out.</summary>
internal sealed class SocketListener : IListener
{
    private readonly Socket _socket;
    private readonly TransportCounters _counters;
    private readonly TimeProvider _timeProvider;
    private readonly Action<Socket> _accepted;
    private volatile bool _stopped;

    public SocketListener(IPEndPoint endPoint, TransportOptions options, TransportCounters counters, Action<Socket> accepted)
    {
        _counters = counters;
        _timeProvider = options.TimeProvider;
        _accepted = accepted;
        _socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (endPoint.AddressFamily == AddressFamily.InterNetworkV6)
            {
                _socket.DualMode = endPoint.Address.Equals(IPAddress.IPv6Any);
            }

            // The runtime sets SO_REUSEADDR by itself; its ReuseAddress option would also share the port with other processes.
            _socket.Bind(endPoint);
            _socket.Listen(options.ListenBacklog);
            LocalEndPoint = (IPEndPoint)_socket.LocalEndPoint!;
        }
        catch (SocketException exception)
        {
            _socket.Dispose();
            throw new IOException($"Cannot listen on {endPoint}: {exception.SocketErrorCode}.", exception);
        }

        _ = Task.Run(AcceptAsync);
    }

    public IPEndPoint LocalEndPoint { get; }

    public void Dispose()
    {
        _stopped = true;
        _socket.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stopped)
        {
            try
            {
                _accepted(await _socket.AcceptAsync());
            }
            catch (SocketException exception) when (exception.SocketErrorCode is SocketError.ConnectionReset or SocketError.ConnectionAborted)
            {
                // The peer gave up while it waited in the backlog.
                continue;
            }
            catch (SocketException) when (!_stopped)
            {
                _counters.CountAcceptPause();
                await Task.Delay(AcceptPause.Length, _timeProvider);
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }
}
