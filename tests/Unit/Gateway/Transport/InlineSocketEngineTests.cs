using Sallyport.Gateway.Transport;

namespace Sallyport.Unit.Gateway.Transport;

public sealed class InlineSocketEngineTests : TransportContract
{
    protected override TransportKind Kind => TransportKind.Socket;

    protected override TransportOptions Options => base.Options with { InlineSocketCompletions = true };
}
