using System.Buffers;
using System.Buffers.Binary;
using Sallyport.Gateway.Transport;

namespace Sallyport.Gateway.Protocols.Postgres.Messages;

/// <summary>
/// Receives from one wire into a pooled array. An idle connection holds no array: it waits for readability first and rents then.
/// Consumed bytes are cleared before the array goes back, since they may have held rows or SQL.
/// </summary>
internal sealed class InputBuffer(Wire wire)
{
    private const int ReadSize = 16 * 1024;

    private byte[] _bytes = [];
    private int _start;
    private int _end;
    private int _dirty;
    private Task<bool>? _begun;

    public int Length => _end - _start;

    public ReadOnlySpan<byte> Unread => _bytes.AsSpan(_start, _end - _start);

    public ReadOnlyMemory<byte> UnreadMemory => _bytes.AsMemory(_start, _end - _start);

    public void Advance(int bytes)
    {
        _start += bytes;
        if (_start == _end)
        {
            _start = _end = 0;
        }
    }

    /// <summary>Puts bytes that were received elsewhere in front of everything that follows.</summary>
    public void Preload(ReadOnlySpan<byte> bytes)
    {
        MakeRoom(bytes.Length);
        bytes.CopyTo(_bytes.AsSpan(_end));
        _end += bytes.Length;
        _dirty = Math.Max(_dirty, _end);
    }

    /// <summary>Begins to receive more bytes and lets the caller wait for something else meanwhile; the next <see cref="FillAsync"/> is the same receive.</summary>
    public Task<bool> BeginFill() => _begun ??= FillNowAsync().AsTask();

    /// <summary>Receives more bytes behind the unread ones. False when the peer has closed.</summary>
    public ValueTask<bool> FillAsync()
    {
        if (_begun is not { } begun)
        {
            return FillNowAsync();
        }

        _begun = null;
        return new ValueTask<bool>(begun);
    }

    private async ValueTask<bool> FillNowAsync()
    {
        if (Length == 0)
        {
            Release();
            await wire.WaitReadableAsync();
        }

        MakeRoom(1);
        var received = await wire.ReceiveAsync(_bytes.AsMemory(_end));
        _end += received;
        _dirty = Math.Max(_dirty, _end);
        return received > 0;
    }

    /// <summary>Receives until <paramref name="bytes"/> are unread. False when the peer closes before.</summary>
    public async ValueTask<bool> FillToAsync(int bytes)
    {
        while (_begun is not null && Length < bytes)
        {
            if (!await FillAsync())
            {
                return false;
            }
        }

        if (Length < bytes)
        {
            MakeRoom(bytes - Length);
        }

        while (Length < bytes)
        {
            var received = await wire.ReceiveAsync(_bytes.AsMemory(_end));
            if (received == 0)
            {
                return false;
            }

            _end += received;
            _dirty = Math.Max(_dirty, _end);
        }

        return true;
    }

    /// <summary>Receives until the next message of a server is unread as a whole.</summary>
    /// <returns>Its length, header included.</returns>
    /// <exception cref="IOException">The server closed before, or the message is longer than <paramref name="maxBytes"/>.</exception>
    public async ValueTask<int> NextMessageAsync(int maxBytes)
    {
        int totalBytes;
        while (!TryPeekHeader(out _, out totalBytes))
        {
            if (!await FillAsync())
            {
                throw new IOException("The server closed the connection.");
            }
        }

        return totalBytes <= maxBytes && await FillToAsync(totalBytes)
            ? totalBytes
            : throw new IOException("The server closed the connection, or sent a message that is too large.");
    }

    /// <summary>The type byte and whole length (header included) of the next message, when its header has arrived.</summary>
    /// <exception cref="PostgresProtocolException">The announced length is impossible.</exception>
    public bool TryPeekHeader(out byte type, out int totalBytes)
    {
        type = 0;
        totalBytes = 0;
        if (Length < 5)
        {
            return false;
        }

        type = _bytes[_start];
        var announced = BinaryPrimitives.ReadInt32BigEndian(_bytes.AsSpan(_start + 1));
        if (announced is < 4 or > int.MaxValue - 1024)
        {
            throw new PostgresProtocolException($"message '{(char)type}' announces an impossible length of {announced} bytes");
        }

        totalBytes = announced + 1;
        return true;
    }

    public void Release()
    {
        if (_bytes.Length == 0)
        {
            return;
        }

        _bytes.AsSpan(0, _dirty).Clear();
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
        _start = _end = _dirty = 0;
    }

    private void MakeRoom(int more)
    {
        if (_bytes.Length - _end >= more)
        {
            return;
        }

        var length = Length;
        if (_bytes.Length >= length + more && _start > 0)
        {
            _bytes.AsSpan(_start, length).CopyTo(_bytes);
        }
        else
        {
            var grown = ArrayPool<byte>.Shared.Rent(Math.Max(ReadSize, length + more));
            _bytes.AsSpan(_start, length).CopyTo(grown);
            if (_bytes.Length > 0)
            {
                _bytes.AsSpan(0, _dirty).Clear();
                ArrayPool<byte>.Shared.Return(_bytes);
            }

            _bytes = grown;
            _dirty = length;
        }

        _start = 0;
        _end = length;
    }
}
