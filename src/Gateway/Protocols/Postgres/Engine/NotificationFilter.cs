using System.Buffers.Binary;
using System.Security.Cryptography;
using Sallyport.Gateway.Protocols.Postgres.Messages;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>
/// Remembers which notification payloads were constants of a NOTIFY that passed through the gateway, for one target, with the server process that
/// got them. A payload made by a trigger or a function may hold stored values, so only remembered ones are delivered, and only from that process.
/// Holds keyed hashes, at most <see cref="Limit"/>, oldest out first.
/// </summary>
internal sealed class NotificationFilter
{
    public const int Limit = 10_000;

    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);
    private readonly HashSet<UInt128> _known = [];
    private readonly Queue<UInt128> _order = new();
    private readonly Lock _lock = new();

    /// <param name="process">The id of the sending session's server process.</param>
    /// <param name="channel">The channel.</param>
    /// <param name="payload">The constant.</param>
    public void Remember(int process, ReadOnlySpan<byte> channel, ReadOnlySpan<byte> payload)
    {
        var hash = Hash(process, channel, payload);
        lock (_lock)
        {
            if (!_known.Add(hash))
            {
                return;
            }

            _order.Enqueue(hash);
            if (_order.Count > Limit)
            {
                _known.Remove(_order.Dequeue());
            }
        }
    }

    /// <param name="body">The body of a NotificationResponse.</param>
    public bool IsKnown(ReadOnlySpan<byte> body)
    {
        var reader = new MessageReader(body);
        var process = reader.Int32();
        var channel = reader.CString();
        var payload = reader.CString();
        if (payload.IsEmpty)
        {
            return true;
        }

        var hash = Hash(process, channel, payload);
        lock (_lock)
        {
            return _known.Contains(hash);
        }
    }

    public static void WriteWithoutPayload(ReadOnlySpan<byte> body, MessageBuffer output)
    {
        var reader = new MessageReader(body);
        var process = reader.Int32();
        output.Begin(BackendMessage.NotificationResponse).Int32(process).CString(reader.CString()).CString(""u8).End();
    }

    private UInt128 Hash(int process, ReadOnlySpan<byte> channel, ReadOnlySpan<byte> payload)
    {
        Span<byte> sender = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(sender, process);
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _key);
        hmac.AppendData(sender);
        hmac.AppendData(channel);
        hmac.AppendData([0]);
        hmac.AppendData(payload);
        hmac.GetHashAndReset(hash);
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }
}
