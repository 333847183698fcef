using Sallyport.Gateway.Transport;

namespace Sallyport.Unit.Gateway.Transport.Tls;

public sealed class TlsOnEpollTests : TlsContract
{
    protected override TransportKind Kind => TransportKind.Epoll;
}
