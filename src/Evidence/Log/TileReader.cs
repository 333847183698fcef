using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using Sallyport.Evidence.Verification;

namespace Sallyport.Evidence.Log;

/// <summary>Reads records and subtree hashes of a published tree from its tiles, also while the log goes on growing.</summary>
/// <param name="directory">The ledger's directory.</param>
/// <param name="size">Size of a published checkpoint.</param>
internal sealed class TileReader(string directory, long size)
{
    private const int CachedTiles = 256;
    private const int LevelBits = 8;
    private const int MaxTileBytes = TilePath.Width * (sizeof(ushort) + ushort.MaxValue);

    private readonly Dictionary<(int Level, long Tile), byte[]> _cache = [];

    /// <summary>Calls back with index and bytes of every record from <paramref name="start"/> on. The memory is valid during the call.</summary>
    public void ReadEntries(long start, Action<long, ReadOnlyMemory<byte>> onRecord)
    {
        for (var tile = start / TilePath.Width; tile * TilePath.Width < size; tile++)
        {
            var width = (int)Math.Min(TilePath.Width, size - tile * TilePath.Width);
            var bundle = ReadTile(TilePath.Entries(tile), width);
            var offset = 0;
            for (var i = 0; i < width; i++)
            {
                var index = tile * TilePath.Width + i;
                if (bundle.Length - offset < sizeof(ushort) || bundle.Length - offset - sizeof(ushort) < BinaryPrimitives.ReadUInt16BigEndian(bundle.AsSpan(offset)))
                {
                    throw new LedgerCorruptException($"{TilePath.Entries(tile)}: record {index} is cut off.");
                }
                var length = BinaryPrimitives.ReadUInt16BigEndian(bundle.AsSpan(offset));
                if (index >= start)
                {
                    onRecord(index, bundle.AsMemory(offset + sizeof(ushort), length));
                }
                offset += sizeof(ushort) + length;
            }
        }
    }

    /// <summary>The Merkle tree hash of the leaves from <paramref name="start"/> to before <paramref name="end"/>, a subtree of the tree.</summary>
    public byte[] Subtree(long start, long end)
    {
        var count = end - start;
        if (!BitOperations.IsPow2(count))
        {
            var middle = start + Merkle.Split(count);
            return Merkle.HashNode(Subtree(start, middle), Subtree(middle, end));
        }
        var height = BitOperations.Log2((ulong)count);
        var level = height / LevelBits;
        var width = 1 << (height % LevelBits);
        var position = start >> (level * LevelBits);
        var hashes = HashTile(level, position / TilePath.Width);
        var first = (int)(position % TilePath.Width);
        return Merkle.Root([.. Enumerable.Range(first, width).Select(i => hashes.AsSpan(i * Merkle.HashBytes, Merkle.HashBytes).ToArray())]);
    }

    private byte[] HashTile(int level, long tile)
    {
        if (_cache.TryGetValue((level, tile), out var cached))
        {
            return cached;
        }
        var inLevel = size >> (level * LevelBits);
        var width = (int)Math.Min(TilePath.Width, inLevel - tile * TilePath.Width);
        var bytes = ReadTile(TilePath.Hashes(level, tile), width);
        if (bytes.Length < width * Merkle.HashBytes)
        {
            throw new LedgerCorruptException($"{TilePath.Hashes(level, tile)}: the tile is cut off.");
        }
        if (_cache.Count == CachedTiles)
        {
            _cache.Clear();
        }
        _cache.Add((level, tile), bytes);
        return bytes;
    }

    private byte[] ReadTile(string name, int width)
    {
        var full = Path.Combine(directory, name);
        if (width == TilePath.Width || File.Exists(full))
        {
            return ReadFile(full, name);
        }
        try
        {
            return ReadFile(full + TilePath.PartialSuffix + "/" + width.ToString(CultureInfo.InvariantCulture), name);
        }
        catch (LedgerCorruptException) when (File.Exists(full))
        {
            // The tile became full, and its partial forms were removed, while this ran.
            return ReadFile(full, name);
        }
    }

    private static byte[] ReadFile(string path, string name)
    {
        try
        {
            return new FileInfo(path).Length <= MaxTileBytes ? File.ReadAllBytes(path) : throw new LedgerCorruptException($"{name}: the tile is too long.");
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new LedgerCorruptException($"{name}: the tile is missing.", error);
        }
    }
}
