namespace Sallyport.Gateway.Transport.Tls;

/// <summary>What <see cref="System.Net.Security.SslStream"/> reads and writes: a wire, and bytes that were received from it before.</summary>
internal sealed class WireStream(Wire wire, ReadOnlyMemory<byte> alreadyReceived) : Stream
{
    private ReadOnlyMemory<byte> _alreadyReceived = alreadyReceived;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Reads at least one byte; an empty buffer waits until there is one, as the reader of an idle connection does.</summary>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!_alreadyReceived.IsEmpty)
        {
            var count = Math.Min(buffer.Length, _alreadyReceived.Length);
            _alreadyReceived[..count].CopyTo(buffer);
            _alreadyReceived = _alreadyReceived[count..];
            return ValueTask.FromResult(count);
        }

        return buffer.IsEmpty ? WaitAsync() : wire.ReceiveAsync(buffer);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => wire.SendAsync(buffer);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
        // Nothing is held back: a write completes when the transport has accepted its bytes.
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("A wire is read asynchronously.");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("A wire is written asynchronously.");

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private ValueTask<int> WaitAsync()
    {
        var waiting = wire.WaitReadableAsync();
        if (waiting.IsCompletedSuccessfully)
        {
            waiting.GetAwaiter().GetResult();
            return ValueTask.FromResult(0);
        }

        return FinishAsync(waiting);
    }

    [System.Runtime.CompilerServices.AsyncMethodBuilder(typeof(System.Runtime.CompilerServices.PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<int> FinishAsync(ValueTask waiting)
    {
        await waiting.ConfigureAwait(false);
        return 0;
    }
}
