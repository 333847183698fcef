using System.Buffers;

namespace Sallyport.Gateway.Transport;

/// <summary>
/// A 16 KiB slab that is held only while bytes are under way, so that an idle session holds none. PostgreSQL sends 8 KiB
/// at a time; larger slabs measured no gain.
/// </summary>
public struct RentedBuffer : IDisposable
{
    public const int Bytes = 16 * 1024;

    private byte[]? _array;

    /// <summary>The slab, or empty when none is held.</summary>
    public readonly Memory<byte> Memory => _array is null ? default : _array.AsMemory(0, Bytes);

    public readonly Span<byte> Span => _array is null ? default : _array.AsSpan(0, Bytes);

    public readonly byte[] Array => _array ?? throw new InvalidOperationException("No buffer is held.");

    public readonly bool IsHeld => _array is not null;

    /// <summary>Rents a slab unless one is held.</summary>
    public void Rent() => _array ??= ArrayPool<byte>.Shared.Rent(Bytes);

    /// <summary>Gives the slab back. The first <paramref name="usedBytes"/> bytes, which may hold rows or SQL, are cleared.</summary>
    public void Return(int usedBytes = Bytes)
    {
        var array = _array;
        if (array is null)
        {
            return;
        }

        _array = null;
        array.AsSpan(0, Math.Min(usedBytes, array.Length)).Clear();
        ArrayPool<byte>.Shared.Return(array);
    }

    public void Dispose() => Return();
}
