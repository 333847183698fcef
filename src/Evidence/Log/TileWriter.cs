using System.Buffers.Binary;
using System.Globalization;

namespace Sallyport.Evidence.Log;

/// <summary>
/// Keeps the C2SP tlog-tiles files beside the segments. They are derived: full tiles are durable before a checkpoint
/// covers them, partial ones are written again at every start.
/// </summary>
internal sealed class TileWriter : IDisposable
{
    private const int LengthBytes = 2;

    private readonly string _directory;
    private readonly TreeBuilder _tree;
    private readonly MemoryStream _entries = new();
    private bool _onlyMissing;
    private long _partialsAt;

    public TileWriter(string directory)
    {
        _directory = directory;
        _tree = new TreeBuilder { OnFullTile = OnFullTile };
    }

    public long Size => _tree.Size;

    public LeafHash Root() => _tree.Root();

    /// <summary>Adds a record found at start; its full tiles are written only where they are missing.</summary>
    public void AppendRecovered(ReadOnlySpan<byte> leaf)
    {
        _onlyMissing = true;
        Append(leaf);
        _onlyMissing = false;
    }

    public void Append(ReadOnlySpan<byte> leaf)
    {
        Span<byte> length = stackalloc byte[LengthBytes];
        BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)leaf.Length);
        _entries.Write(length);
        _entries.Write(leaf);
        var tile = _tree.Size / TilePath.Width;
        _tree.Append(LeafHash.Of(leaf));
        if (_tree.Size % TilePath.Width != 0)
        {
            return;
        }
        WriteFull(TilePath.Entries(tile), _entries.GetBuffer().AsSpan(0, (int)_entries.Length));
        _entries.SetLength(0);
    }

    /// <summary>Writes the partial tiles of the current size.</summary>
    public void WritePartials()
    {
        if (_partialsAt == _tree.Size)
        {
            return;
        }
        foreach (var (level, tile, width, hashes) in _tree.PartialTiles())
        {
            WritePartial(TilePath.Hashes(level, tile), width, hashes.Span);
        }
        var entries = (int)(_tree.Size % TilePath.Width);
        if (entries > 0)
        {
            WritePartial(TilePath.Entries(_tree.Size / TilePath.Width), entries, _entries.GetBuffer().AsSpan(0, (int)_entries.Length));
        }
        _partialsAt = _tree.Size;
    }

    public void Dispose() => _entries.Dispose();

    private void OnFullTile(int level, long tile, ReadOnlyMemory<byte> hashes) => WriteFull(TilePath.Hashes(level, tile), hashes.Span);

    private void WriteFull(string name, ReadOnlySpan<byte> contents)
    {
        var path = Path.Combine(_directory, name);
        if (!_onlyMissing || !File.Exists(path))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            NativeFile.Replace(path, contents, syncDirectory: false);
        }
        var partials = path + TilePath.PartialSuffix;
        if (Directory.Exists(partials))
        {
            // The specification lets a log drop partial tiles once the full one is there.
            Directory.Delete(partials, recursive: true);
        }
    }

    private void WritePartial(string name, int width, ReadOnlySpan<byte> contents)
    {
        var directory = Path.Combine(_directory, name) + TilePath.PartialSuffix;
        Directory.CreateDirectory(directory);
        var path = Path.Combine(directory, width.ToString(CultureInfo.InvariantCulture));
        var temporary = path + ".tmp";
        File.WriteAllBytes(temporary, contents);
        File.Move(temporary, path, overwrite: true);
    }
}
