using System.Net;
using System.Net.Sockets;

namespace Sallyport.Gateway.Transport;

/// <summary>The time one connect may take over all addresses of a name, and the errors it may end with.</summary>
internal sealed class ConnectDeadline : IDisposable
{
    /// <summary>Addresses of one name that are tried.</summary>
    private const int MaxAddresses = 8;

    private readonly string _host;
    private readonly int _port;
    private readonly TimeSpan _timeout;
    private readonly CancellationToken _cancellationToken;
    private readonly CancellationTokenSource _deadline;
    private readonly CancellationTokenSource _linked;

    public ConnectDeadline(string host, int port, TimeSpan timeout, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(host);
        ArgumentOutOfRangeException.ThrowIfLessThan(port, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(port, IPEndPoint.MaxPort);
        _host = host;
        _port = port;
        _timeout = timeout;
        _cancellationToken = cancellationToken;
        _deadline = new CancellationTokenSource(timeout, timeProvider);
        _linked = CancellationTokenSource.CreateLinkedTokenSource(_deadline.Token, cancellationToken);
    }

    public CancellationToken Token => _linked.Token;

    /// <summary>The addresses of the host, resolved on the thread pool.</summary>
    public async ValueTask<IPAddress[]> ResolveAsync()
    {
        if (IPAddress.TryParse(_host, out var literal))
        {
            return [literal];
        }

        try
        {
            var addresses = await Task.Run(() => Dns.GetHostAddressesAsync(_host, Token), Token);
            return addresses.Length > MaxAddresses ? addresses[..MaxAddresses] : addresses;
        }
        catch (SocketException exception)
        {
            throw new IOException($"The name {_host} cannot be resolved: {exception.SocketErrorCode}.", exception);
        }
        catch (OperationCanceledException)
        {
            throw Ended();
        }
    }

    public IOException Refused(Exception cause) => new($"Cannot connect to {_host}:{_port}: {cause.Message}.", cause);

    public IOException NoAddress() => new($"The name {_host} has no address.");

    /// <summary>Why waiting ended: the caller cancelled, or time ran out.</summary>
    public Exception Ended() => _cancellationToken.IsCancellationRequested
        ? new OperationCanceledException(_cancellationToken)
        : new TimeoutException($"No connection to {_host}:{_port} within {_timeout.TotalSeconds:0.###} s.");

    public void Dispose()
    {
        _linked.Dispose();
        _deadline.Dispose();
    }
}
