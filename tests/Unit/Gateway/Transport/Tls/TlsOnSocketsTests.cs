using Sallyport.Gateway.Transport;

namespace Sallyport.Unit.Gateway.Transport.Tls;

public sealed class TlsOnSocketsTests : TlsContract
{
    protected override TransportKind Kind => TransportKind.Socket;
}
