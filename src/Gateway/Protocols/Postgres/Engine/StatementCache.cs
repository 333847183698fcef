using System.Text;
using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Analysis;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>
/// The texts of one session that came more than once, as statements the server keeps. A text is promoted at its second sight, so that texts with
/// changing literals do not pile up; the least recently used goes first. A new generation (DDL, SET search_path, DISCARD) drops all.
/// </summary>
/// <param name="catalog">The target's facts.</param>
/// <param name="shown">The tagged columns that are clear to the session's principal now.</param>
internal sealed class StatementCache(TargetCatalog catalog, Func<UnmaskedColumns> shown)
{
    /// <summary>Most texts the server keeps for one session.</summary>
    public const int MaxStatements = 128;

    /// <summary>Longest text that is kept.</summary>
    public const int MaxTextBytes = 64 * 1024;

    private const int MaxSeen = 512;

    private readonly Dictionary<UInt128, LinkedListNode<Entry>> _byText = [];
    private readonly LinkedList<Entry> _recent = new();
    private readonly Queue<UInt128> _seenOrder = new();
    private readonly HashSet<UInt128> _seen = [];
    private int _nextName;

    private sealed record Entry(UInt128 Key, ServerStatement Statement);

    /// <summary>A server-side name never used before in this session.</summary>
    public byte[] NewName() => Encoding.ASCII.GetBytes($"sallyport_{++_nextName}");

    /// <summary>The key of a text with its parameter types.</summary>
    public static UInt128 KeyOf(ReadOnlySpan<byte> text, ReadOnlySpan<byte> parameterTypes) =>
        parameterTypes.IsEmpty ? ServerStatement.HashOf(text) : ServerStatement.HashOf(text) ^ ServerStatement.HashOf(parameterTypes);

    public ServerStatement? Find(UInt128 key)
    {
        if (!_byText.TryGetValue(key, out var node) || node.Value.Statement.IsOutdated(catalog) || !node.Value.Statement.Clear.Equals(shown()))
        {
            return null;
        }

        _recent.Remove(node);
        _recent.AddFirst(node);
        return node.Value.Statement;
    }

    /// <summary>Whether the text came before; notes that it has come now.</summary>
    public bool SeenBefore(UInt128 key)
    {
        if (!_seen.Add(key))
        {
            return true;
        }

        _seenOrder.Enqueue(key);
        if (_seenOrder.Count > MaxSeen)
        {
            _seen.Remove(_seenOrder.Dequeue());
        }

        return false;
    }

    /// <summary>Keeps a statement.</summary>
    /// <returns>The statement that had to go, to be closed at the server, or null.</returns>
    public ServerStatement? Add(UInt128 key, ServerStatement statement)
    {
        ServerStatement? dropped = null;
        if (_byText.Remove(key, out var old))
        {
            _recent.Remove(old);
            dropped = old.Value.Statement;
        }
        else if (_recent.Count == MaxStatements)
        {
            var last = _recent.Last!;
            _recent.RemoveLast();
            _byText.Remove(last.Value.Key);
            dropped = last.Value.Statement;
        }

        _byText[key] = _recent.AddFirst(new Entry(key, statement));
        return dropped;
    }

    /// <summary>Forgets one text; the server drops it with the session.</summary>
    public void Forget(UInt128 key)
    {
        if (_byText.Remove(key, out var node))
        {
            _recent.Remove(node);
        }
    }

    /// <summary>Forgets every text.</summary>
    /// <returns>The statements to close at the server.</returns>
    public IReadOnlyList<ServerStatement> NewGeneration()
    {
        if (_recent.Count == 0)
        {
            return [];
        }

        var dropped = _recent.Select(static entry => entry.Statement).ToList();
        _recent.Clear();
        _byText.Clear();
        return dropped;
    }
}
