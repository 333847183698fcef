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
    private readonly TimeProvider _timeProvider;

    public ConnectDeadline(string host, int port, TimeSpan timeout, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(host);
        ArgumentOutOfRangeException.ThrowIfLessThan(port, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(port, IPEndPoint.MaxPort);
        _host = host;
        _port = port;
        _timeout = timeout;
        _timeProvider = timeProvider;
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

    /// <summary>The share of the time that one of so many addresses gets, so that a silent one does not use up that of the others.</summary>
    public ConnectAttempt BeginAttempt(int addresses) => new(new CancellationTokenSource(_timeout / addresses, _timeProvider), Token);

    /// <summary>Why one attempt failed, when there may be further ones; throws when there is no time for them.</summary>
    public Exception Failed(ConnectAttempt attempt, Exception cause)
    {
        if (Token.IsCancellationRequested)
        {
            throw Ended();
        }

        return attempt.Token.IsCancellationRequested ? Silent() : Refused(cause);
    }

    public IOException NoAddress() => new($"The name {_host} has no address.");

    /// <summary>Why waiting ended: the caller cancelled, or time ran out.</summary>
    public Exception Ended() => _cancellationToken.IsCancellationRequested ? new OperationCanceledException(_cancellationToken) : Silent();

    public void Dispose()
    {
        _linked.Dispose();
        _deadline.Dispose();
    }

    private IOException Refused(Exception cause) => new($"Cannot connect to {_host}:{_port}: {cause.Message}.", cause);

    private TimeoutException Silent() => new($"No connection to {_host}:{_port} within {_timeout.TotalSeconds:0.###} s.");
}

/// <summary>The time of one address.</summary>
internal sealed class ConnectAttempt(CancellationTokenSource limit, CancellationToken outer) : IDisposable
{
    private readonly CancellationTokenSource _linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, outer);

    public CancellationToken Token => _linked.Token;

    public void Dispose()
    {
        _linked.Dispose();
        limit.Dispose();
    }
}
