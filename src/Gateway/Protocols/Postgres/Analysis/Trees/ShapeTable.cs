using System.Text;

namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Trees;

/// <summary>All node shapes of one PostgreSQL major version.</summary>
internal sealed class ShapeTable
{
    public const int OldestMajor = 14;
    public const int NewestMajor = 18;

    /// <summary>Range table entries differ by what they are; <see cref="EntryShape"/> holds the whole shape of each kind.</summary>
    private const int EntryKinds = 10;

    private const int Buckets = 512;

    private static readonly ShapeTable[] Tables = [.. Enumerable.Range(OldestMajor, NewestMajor - OldestMajor + 1).Select(major => new ShapeTable(major))];

    private readonly List<(byte[] Name, Shape Shape)>[] _byName = new List<(byte[], Shape)>[Buckets];
    private readonly Shape?[] _entries = new Shape?[EntryKinds];

    private ShapeTable(int major)
    {
        Major = major;
        foreach (var (kind, name, fields) in ShapeText.Nodes(major))
        {
            Add(name, new Shape(kind, fields));
        }

        foreach (var (kind, fields) in ShapeText.Entries(major))
        {
            _entries[kind] = new Shape(NodeKind.RangeTblEntry, fields);
        }

        // The first entry shape stands for all until the reader has seen the entry's kind: they begin alike.
        Add(ShapeText.EntryName(major), _entries[0]!);
    }

    public int Major { get; }

    /// <summary>The table for a major version, or null for one this reader does not know.</summary>
    public static ShapeTable? For(int major) => major is >= OldestMajor and <= NewestMajor ? Tables[major - OldestMajor] : null;

    public Shape? Find(ReadOnlySpan<byte> name)
    {
        var bucket = _byName[Hash(name)];
        if (bucket is null)
        {
            return null;
        }

        foreach (var (candidate, shape) in bucket)
        {
            if (name.SequenceEqual(candidate))
            {
                return shape;
            }
        }

        return null;
    }

    public Shape? EntryShape(int kind) => kind is >= 0 and < EntryKinds ? _entries[kind] : null;

    private static int Hash(ReadOnlySpan<byte> name)
    {
        var hash = name.Length;
        foreach (var value in name)
        {
            hash = (hash * 31) + value;
        }

        return hash & (Buckets - 1);
    }

    private void Add(string name, Shape shape)
    {
        var bytes = Encoding.ASCII.GetBytes(name);
        (_byName[Hash(bytes)] ??= []).Add((bytes, shape));
    }
}
