using System.Buffers;
using System.Buffers.Text;

namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Trees;

/// <summary>
/// One dump, read: a flat array of elements over the unfolded text. Index 0 is the outermost value. Both arrays are rented; the text, which
/// holds the statement's literals, is cleared on return.
/// </summary>
internal sealed class NodeTree : IDisposable
{
    private const int InitialElements = 1024;

    private byte[] _text;
    private Element[] _elements = ArrayPool<Element>.Shared.Rent(InitialElements);
    private readonly int _length;
    private int _count;

    public NodeTree(ReadOnlySpan<byte> dump, ShapeTable shapes)
    {
        Shapes = shapes;
        _text = ArrayPool<byte>.Shared.Rent(Math.Max(1, dump.Length));
        _length = DumpText.Unfold(dump, _text);
    }

    public ShapeTable Shapes { get; }

    public ReadOnlySpan<byte> Text => _text.AsSpan(0, _length);

    public int Count => _count;

    public ref Element this[int index] => ref _elements[index];

    public int Add(ElementType type, int start, int length)
    {
        if (_count == _elements.Length)
        {
            Grow();
        }

        _elements[_count] = new Element { Type = type, Start = start, Length = length, Next = _count + 1 };
        return _count++;
    }

    public bool IsNull(int index) => _elements[index].Type == ElementType.Null;

    /// <summary>The node type, or <see cref="NodeKind.None"/> for anything that is not a node.</summary>
    public NodeKind Kind(int index) => _elements[index].Shape?.Kind ?? NodeKind.None;

    /// <summary>Whether this major's version of the node has the field.</summary>
    public bool Has(int node, Field field) => _elements[node].Shape is { } shape && shape.Ordinal(field) >= 0;

    /// <summary>Index of the value of <paramref name="field"/>.</summary>
    public int Value(int node, Field field)
    {
        var ordinal = _elements[node].Shape?.Ordinal(field) ?? -1;
        if (ordinal < 0)
        {
            throw new TreeFormatException($"a {Kind(node)} node has no field {field}");
        }

        var value = node + 1;
        for (; ordinal > 0; ordinal--)
        {
            value = _elements[value].Next;
        }

        return value;
    }

    public ReadOnlySpan<byte> Atom(int index) => _elements[index].Type == ElementType.Atom
        ? _text.AsSpan(_elements[index].Start, _elements[index].Length)
        : throw new TreeFormatException("a plain value was expected");

    public long Number(int index) => Utf8Parser.TryParse(Atom(index), out long value, out var consumed) && consumed == _elements[index].Length
        ? value
        : throw new TreeFormatException("a number was expected");

    public int Integer(int node, Field field)
    {
        var value = Number(Value(node, field));
        return value is >= int.MinValue and <= int.MaxValue ? (int)value : throw new TreeFormatException($"field {field} is out of range");
    }

    public uint Oid(int node, Field field) => ToOid(Number(Value(node, field)));

    public bool Flag(int node, Field field) => Atom(Value(node, field)) switch
    {
        [(byte)'t', (byte)'r', (byte)'u', (byte)'e'] => true,
        [(byte)'f', (byte)'a', (byte)'l', (byte)'s', (byte)'e'] => false,
        _ => throw new TreeFormatException($"field {field} is not a truth value"),
    };

    /// <summary>The items of a list; an absent list has none.</summary>
    public ListItems Items(int index)
    {
        ref var element = ref _elements[index];
        return element.Type switch
        {
            ElementType.Null => new ListItems(this, 0, 0),
            ElementType.List => new ListItems(this, index + 1, element.Next),
            _ => throw new TreeFormatException("a list was expected"),
        };
    }

    public ListItems Items(int node, Field field) => Items(Value(node, field));

    /// <summary>The OIDs of an OID list, printed as <c>(o 1 2)</c>.</summary>
    public IEnumerable<uint> Oids(int index)
    {
        var first = true;
        for (var item = index + 1; item < _elements[index].Next; item = _elements[item].Next)
        {
            if (!first)
            {
                yield return ToOid(Number(item));
            }

            first = false;
        }
    }

    public void Dispose()
    {
        var text = _text;
        if (text.Length > 0)
        {
            text.AsSpan(0, _length).Clear();
            _text = [];
            ArrayPool<byte>.Shared.Return(text);
            Array.Clear(_elements, 0, _count);
            ArrayPool<Element>.Shared.Return(_elements);
        }
    }

    private static uint ToOid(long value) => value is >= 0 and <= uint.MaxValue ? (uint)value : throw new TreeFormatException("an OID is out of range");

    private void Grow()
    {
        var larger = ArrayPool<Element>.Shared.Rent(_elements.Length * 2);
        _elements.AsSpan(0, _count).CopyTo(larger);
        Array.Clear(_elements, 0, _count);
        ArrayPool<Element>.Shared.Return(_elements);
        _elements = larger;
    }

    /// <summary>Walks the items of one list by index.</summary>
    public ref struct ListItems
    {
        private readonly NodeTree _tree;
        private readonly int _first;
        private readonly int _end;
        private int _next;

        public ListItems(NodeTree tree, int first, int end)
        {
            _tree = tree;
            _first = first;
            _end = end;
            _next = first;
        }

        public int Current { get; private set; } = -1;

        public readonly ListItems GetEnumerator() => this;

        public bool MoveNext()
        {
            if (_next >= _end)
            {
                return false;
            }

            Current = _next;
            _next = _tree[_next].Next;
            return true;
        }

        public readonly int Count()
        {
            var count = 0;
            for (var item = _first; item < _end; item = _tree[item].Next)
            {
                count++;
            }

            return count;
        }

        /// <summary>Index of item <paramref name="position"/>, counted from 0.</summary>
        public readonly int At(int position)
        {
            var item = _first;
            for (; position > 0 && item < _end; position--)
            {
                item = _tree[item].Next;
            }

            return position == 0 && item < _end ? item : throw new TreeFormatException("a list is shorter than a reference into it");
        }
    }
}
