using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>The keys handed to clients in BackendKeyData, mapped to their sessions. The target's own keys never leave the gateway.</summary>
public sealed class CancelKeys
{
    private readonly ConcurrentDictionary<int, (byte[] Secret, Action Cancel)> _sessions = new();

    /// <summary>Issues a key.</summary>
    /// <param name="cancel">Called, on any thread, when somebody presents the key.</param>
    internal (int ProcessId, byte[] Secret) Issue(Action cancel)
    {
        var secret = RandomNumberGenerator.GetBytes(4);
        while (true)
        {
            var processId = BinaryPrimitives.ReadInt32BigEndian(RandomNumberGenerator.GetBytes(4)) & int.MaxValue;
            if (processId > 0 && _sessions.TryAdd(processId, (secret, cancel)))
            {
                return (processId, secret);
            }
        }
    }

    internal void Withdraw(int processId) => _sessions.TryRemove(processId, out _);

    /// <summary>Cancels the session the key belongs to. A wrong key does nothing, and nobody is told.</summary>
    internal void Present(int processId, ReadOnlySpan<byte> secret)
    {
        if (_sessions.TryGetValue(processId, out var session) && CryptographicOperations.FixedTimeEquals(session.Secret, secret))
        {
            session.Cancel();
        }
    }
}
