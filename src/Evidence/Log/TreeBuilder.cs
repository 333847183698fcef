namespace Sallyport.Evidence.Log;

/// <summary>
/// Grows an RFC 6962 tree leaf by leaf. Holds the rightmost tile of every level, which is all that the root and the tile
/// files need.
/// </summary>
internal sealed class TreeBuilder
{
    private readonly List<Level> _levels = [];

    public long Size { get; private set; }

    /// <summary>Called with level, number and the 8,192 bytes of every tile that became full. The bytes are valid during the call.</summary>
    public Action<int, long, ReadOnlyMemory<byte>>? OnFullTile { get; init; }

    public void Append(in LeafHash leaf)
    {
        Add(0, leaf);
        Size++;
    }

    /// <summary>The Merkle tree hash of all leaves so far.</summary>
    public LeafHash Root()
    {
        if (Size == 0)
        {
            return LeafHash.OfEmptyTree();
        }
        LeafHash? right = null;
        foreach (var level in _levels)
        {
            right = level.Fold(right);
        }
        return right!.Value;
    }

    /// <summary>Levels with a partial tile, with its number and hashes.</summary>
    public IEnumerable<(int Level, long Tile, int Width, ReadOnlyMemory<byte> Hashes)> PartialTiles()
    {
        for (var i = 0; i < _levels.Count; i++)
        {
            if (_levels[i].Count > 0)
            {
                yield return (i, _levels[i].FullTiles, _levels[i].Count, _levels[i].Hashes);
            }
        }
    }

    private void Add(int index, in LeafHash hash)
    {
        if (index == _levels.Count)
        {
            _levels.Add(new Level());
        }
        var level = _levels[index];
        level.Add(hash);
        if (level.Count < TilePath.Width)
        {
            return;
        }
        OnFullTile?.Invoke(index, level.FullTiles, level.Hashes);
        var root = level.Fold(right: null)!.Value;
        level.Clear();
        Add(index + 1, root);
    }

    /// <summary>The rightmost tile of one level.</summary>
    private sealed class Level
    {
        private readonly byte[] _hashes = new byte[TilePath.Width * LeafHash.Bytes];

        public int Count { get; private set; }

        public long FullTiles { get; private set; }

        public ReadOnlyMemory<byte> Hashes => _hashes.AsMemory(0, Count * LeafHash.Bytes);

        public void Add(in LeafHash hash)
        {
            hash.CopyTo(_hashes.AsSpan(Count * LeafHash.Bytes));
            Count++;
        }

        public void Clear()
        {
            Count = 0;
            FullTiles++;
        }

        /// <summary>Combines this tile's perfect subtrees, smallest first, onto what is to their right.</summary>
        public LeafHash? Fold(LeafHash? right)
        {
            var end = Count;
            for (var size = 1; end > 0; size *= 2)
            {
                if ((Count & size) == 0)
                {
                    continue;
                }
                end -= size;
                var subtree = Perfect(end, size);
                right = right is { } hash ? LeafHash.OfNode(subtree, hash) : subtree;
            }
            return right;
        }

        private LeafHash Perfect(int start, int size)
        {
            Span<LeafHash> nodes = new LeafHash[size];
            for (var i = 0; i < size; i++)
            {
                nodes[i] = LeafHash.Read(_hashes.AsSpan((start + i) * LeafHash.Bytes, LeafHash.Bytes));
            }
            for (var width = size / 2; width > 0; width /= 2)
            {
                for (var i = 0; i < width; i++)
                {
                    nodes[i] = LeafHash.OfNode(nodes[2 * i], nodes[2 * i + 1]);
                }
            }
            return nodes[0];
        }
    }
}
