using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Sallyport.Gateway.Budgets;

/// <summary>Keyed hashes of values, so that what was tried can be counted without being kept. The key is random and lives as long as the process.</summary>
internal sealed class ValueKey
{
    private const int StackBytes = 256;

    private readonly byte[] _key = RandomNumberGenerator.GetBytes(HMACSHA256.HashSizeInBytes);

    public UInt128 Of(int form, ReadOnlySpan<byte> value)
    {
        var length = sizeof(int) + value.Length;
        var message = length <= StackBytes ? stackalloc byte[StackBytes] : new byte[length];
        BinaryPrimitives.WriteInt32LittleEndian(message, form);
        value.CopyTo(message[sizeof(int)..]);
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_key, message[..length], hash);
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }
}
