using Sallyport.Gateway.Transport;

namespace Sallyport.Unit.Gateway.Transport;

public sealed class SocketEngineTests : TransportContract
{
    protected override TransportKind Kind => TransportKind.Socket;
}
