using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;

namespace Sallyport.Evidence.Verification;

/// <summary>Recomputes every tile from the records and compares it, byte by byte, with the files (c2sp.org/tlog-tiles).</summary>
internal sealed class TileCheck(string directory, long signedSize, Findings findings)
{
    private const int Width = 256;
    private const string EntriesLevel = "entries";
    private const string Root = "tile";

    private readonly List<Level> _levels = [];
    private readonly ArrayBufferWriter<byte> _entries = new();
    private readonly Dictionary<string, ReadOnlyMemory<byte>> _partial = new(StringComparer.Ordinal);
    private readonly HashSet<string> _full = new(StringComparer.Ordinal);

    public long Size { get; private set; }

    /// <summary>Root of the signed size, once that many records were added.</summary>
    public byte[]? SignedRoot { get; private set; }

    /// <summary>A smaller size whose root is wanted too; 0 for none.</summary>
    public long WitnessedSize { get; init; }

    /// <summary>Root of <see cref="WitnessedSize"/>, once that many records were added.</summary>
    public byte[]? WitnessedRoot { get; private set; }

    public void Add(ReadOnlySpan<byte> leaf, byte[] hash)
    {
        var length = new byte[sizeof(ushort)];
        BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)leaf.Length);
        _entries.Write(length);
        _entries.Write(leaf);
        Size++;
        AddHash(0, hash);
        if (Size % Width == 0)
        {
            CheckFull(Name(EntriesLevel, Size / Width - 1), _entries.WrittenSpan.ToArray(), Size, firstRecord: -1);
            _entries.ResetWrittenCount();
        }
        if (Size == signedSize)
        {
            SignedRoot = CurrentRoot();
        }
        if (Size == WitnessedSize)
        {
            WitnessedRoot = CurrentRoot();
        }
    }

    /// <summary>Checks partial tiles and looks for files that belong to no tile.</summary>
    public void Finish(List<Finding> notes)
    {
        for (var i = 0; i < _levels.Count; i++)
        {
            _partial[Name(i.ToString(CultureInfo.InvariantCulture), _levels[i].FullTiles)] = _levels[i].Bytes();
        }
        _partial[Name(EntriesLevel, Size / Width)] = _entries.WrittenSpan.ToArray();
        RequirePartials();
        var root = Path.Combine(directory, Root);
        if (!Directory.Exists(root))
        {
            return;
        }
        foreach (var path in Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            CheckFile(Path.GetRelativePath(directory, path).Replace('\\', '/'), path, notes);
        }
    }

    private byte[] CurrentRoot()
    {
        byte[]? right = null;
        foreach (var level in _levels.Where(level => level.Hashes.Count > 0))
        {
            right = Merkle.Root(right is null ? level.Hashes : [.. level.Hashes, right]);
        }
        return right!;
    }

    private void AddHash(int index, byte[] hash)
    {
        if (index == _levels.Count)
        {
            _levels.Add(new Level());
        }
        var level = _levels[index];
        level.Hashes.Add(hash);
        if (level.Hashes.Count < Width)
        {
            return;
        }
        var name = Name(index.ToString(CultureInfo.InvariantCulture), level.FullTiles);
        CheckFull(name, level.Bytes(), Size, index == 0 ? level.FullTiles * Width : -1);
        var root = Merkle.Root(level.Hashes);
        level.Hashes.Clear();
        level.FullTiles++;
        AddHash(index + 1, root);
    }

    private void CheckFull(string name, byte[] expected, long endRecord, long firstRecord)
    {
        _full.Add(name);
        var path = Path.Combine(directory, name);
        if (!File.Exists(path))
        {
            if (endRecord <= signedSize)
            {
                findings.Add(name, "the tile is missing");
            }
            return;
        }
        Compare(name, expected, File.ReadAllBytes(path), firstRecord);
    }

    private void Compare(string name, ReadOnlySpan<byte> expected, ReadOnlySpan<byte> actual, long firstRecord)
    {
        if (expected.SequenceEqual(actual))
        {
            return;
        }
        var common = expected.CommonPrefixLength(actual);
        var record = firstRecord >= 0 ? $", record {firstRecord + common / Merkle.HashBytes}" : "";
        findings.Add(name + record, $"byte {common} of the tile differs from what the records give");
    }

    private void RequirePartials()
    {
        var count = signedSize;
        for (var level = 0; count > 0; level++, count /= Width)
        {
            RequirePartial(level.ToString(CultureInfo.InvariantCulture), count);
        }
        RequirePartial(EntriesLevel, signedSize);
    }

    private void RequirePartial(string level, long count)
    {
        var width = count % Width;
        var name = Name(level, count / Width);
        if (width == 0 || File.Exists(Path.Combine(directory, name)) || File.Exists(Path.Combine(directory, name) + $".p/{width}"))
        {
            return;
        }
        findings.Add($"{name}.p/{width}", "the tile is missing");
    }

    private void CheckFile(string name, string path, List<Finding> notes)
    {
        if (_full.Contains(name))
        {
            return;
        }
        if (name.EndsWith(".tmp", StringComparison.Ordinal))
        {
            notes.Add(new Finding(name, "left by an interrupted write; the next start of the ledger removes it"));
            return;
        }
        var split = name.LastIndexOf(".p/", StringComparison.Ordinal);
        var width = 0;
        if (split < 0 || !int.TryParse(name.AsSpan(split + 3), NumberStyles.None, CultureInfo.InvariantCulture, out width) || width is < 1 or >= Width
            || !TryExpected(name[..split], width, out var expected))
        {
            findings.Add(name, "the file belongs to no tile of this log");
            return;
        }
        Compare(name, expected.Span, File.ReadAllBytes(path), firstRecord: -1);
    }

    private bool TryExpected(string tile, int width, out ReadOnlyMemory<byte> expected)
    {
        if (!_partial.TryGetValue(tile, out var whole))
        {
            if (!_full.Contains(tile) || !File.Exists(Path.Combine(directory, tile)))
            {
                expected = default;
                return false;
            }
            whole = File.ReadAllBytes(Path.Combine(directory, tile));
        }
        var bytes = tile.StartsWith($"{Root}/{EntriesLevel}/", StringComparison.Ordinal) ? EntriesLength(whole.Span, width) : width * Merkle.HashBytes;
        expected = bytes <= whole.Length ? whole[..bytes] : default;
        return bytes <= whole.Length;
    }

    private static int EntriesLength(ReadOnlySpan<byte> entries, int count)
    {
        var length = 0;
        for (; count > 0; count--)
        {
            if (entries.Length - length < sizeof(ushort))
            {
                return int.MaxValue;
            }
            length += sizeof(ushort) + BinaryPrimitives.ReadUInt16BigEndian(entries[length..]);
        }
        return length;
    }

    private static string Name(string level, long tile)
    {
        var name = (tile % 1000).ToString("D3", CultureInfo.InvariantCulture);
        for (tile /= 1000; tile > 0; tile /= 1000)
        {
            name = $"x{(tile % 1000).ToString("D3", CultureInfo.InvariantCulture)}/{name}";
        }
        return $"{Root}/{level}/{name}";
    }

    private sealed class Level
    {
        public List<byte[]> Hashes { get; } = [];

        public long FullTiles { get; set; }

        public byte[] Bytes() => [.. Hashes.SelectMany(hash => hash)];
    }
}
