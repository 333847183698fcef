using System.Net;
using Sallyport.Gateway.Transport;

namespace Sallyport.Unit.Support;

/// <summary>A peer that sends given bytes in pieces of a given size and then closes; what is sent to it is kept.</summary>
internal sealed class ScriptedWire(byte[] script, int pieceBytes) : Wire
{
    private readonly MemoryStream _sent = new();
    private int _position;

    public byte[] Sent => _sent.ToArray();

    public override EndPoint RemoteEndPoint { get; } = new IPEndPoint(IPAddress.Loopback, 1);

    public override bool IsPeerGone => _position == script.Length;

    public override ValueTask WaitReadableAsync() => ValueTask.CompletedTask;

    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        var count = Math.Min(Math.Min(pieceBytes, buffer.Length), script.Length - _position);
        script.AsMemory(_position, count).CopyTo(buffer);
        _position += count;
        return new ValueTask<int>(count);
    }

    public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        _sent.Write(bytes.Span);
        return ValueTask.CompletedTask;
    }

    public override ValueTask CloseSendAsync() => ValueTask.CompletedTask;

    public override void Abort()
    {
    }
}
