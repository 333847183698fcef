using System.Net;
using Sallyport.Gateway.Transport;

namespace Sallyport.Gateway.Protocols.Postgres.Explain;

/// <summary>The client's side of a conversation that has no client: nothing comes in, and what would go out is dropped.</summary>
internal sealed class SilentWire : Wire
{
    public override EndPoint RemoteEndPoint { get; } = new IPEndPoint(IPAddress.None, 0);

    public override bool IsPeerGone => false;

    public override ValueTask WaitReadableAsync() => ValueTask.CompletedTask;

    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer) => ValueTask.FromResult(0);

    public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes) => ValueTask.CompletedTask;

    public override ValueTask CloseSendAsync() => ValueTask.CompletedTask;

    public override void Abort()
    {
    }
}
