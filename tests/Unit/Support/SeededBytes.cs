namespace Sallyport.Unit.Support;

/// <summary>A small reproducible generator (xorshift64*), for mutations whose failures must be repeatable.</summary>
internal sealed class SeededBytes(ulong seed)
{
    private ulong _state = seed == 0 ? 1 : seed;

    public int Next(int below)
    {
        _state ^= _state >> 12;
        _state ^= _state << 25;
        _state ^= _state >> 27;
        return (int)((_state * 2685821657736338717UL >> 33) % (ulong)below);
    }

    public byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        for (var i = 0; i < count; i++)
        {
            bytes[i] = (byte)Next(256);
        }

        return bytes;
    }

    /// <summary>A copy with a few bytes changed, cut or repeated.</summary>
    public byte[] Mutate(byte[] original)
    {
        var bytes = original.ToList();
        for (var i = 0; i <= Next(4) && bytes.Count > 1; i++)
        {
            switch (Next(3))
            {
                case 0:
                    bytes[Next(bytes.Count)] = (byte)Next(256);
                    break;
                case 1:
                    bytes.RemoveAt(Next(bytes.Count));
                    break;
                default:
                    bytes.Insert(Next(bytes.Count), (byte)Next(256));
                    break;
            }
        }

        return [.. bytes];
    }
}
