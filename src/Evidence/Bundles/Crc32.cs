namespace Sallyport.Evidence.Bundles;

/// <summary>The CRC-32 of zip files (ITU-T V.42).</summary>
internal static class Crc32
{
    private const uint ReversedPolynomial = 0xEDB88320;

    private static readonly uint[] Table = CreateTable();

    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        var running = uint.MaxValue;
        foreach (var value in bytes)
        {
            running = Table[(byte)running ^ value] ^ (running >> 8);
        }
        return ~running;
    }

    private static uint[] CreateTable()
    {
        var table = new uint[256];
        for (var i = 0u; i < table.Length; i++)
        {
            var value = i;
            for (var bit = 0; bit < 8; bit++)
            {
                value = (value & 1) == 1 ? ReversedPolynomial ^ (value >> 1) : value >> 1;
            }
            table[i] = value;
        }
        return table;
    }
}
