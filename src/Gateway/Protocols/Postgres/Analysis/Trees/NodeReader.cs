namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Trees;

/// <summary>Reads the text form of PostgreSQL node trees (nodeToString) and checks every node against the field map of the server's major version.</summary>
internal ref struct NodeReader
{
    /// <summary>Deepest nesting of nodes and lists; an operator costs two levels.</summary>
    public const int MaxDepth = 1200;

    private static readonly System.Buffers.SearchValues<byte> ConstantBytes = System.Buffers.SearchValues.Create(" -0123456789"u8);

    private readonly NodeTree _tree;
    private readonly ReadOnlySpan<byte> _text;
    private int _position;
    private int _depth;

    private NodeReader(NodeTree tree)
    {
        _tree = tree;
        _text = tree.Text;
    }

    /// <summary>Reads a whole dump. The caller disposes the tree.</summary>
    /// <exception cref="TreeFormatException">The dump is not of the known form.</exception>
    public static NodeTree Read(ReadOnlySpan<byte> dump, ShapeTable shapes)
    {
        var tree = new NodeTree(dump, shapes);
        var complete = false;
        try
        {
            var reader = new NodeReader(tree);
            reader.ReadValue();
            complete = reader.NextToken().IsEmpty ? true : throw new TreeFormatException("text follows the query tree");
            return tree;
        }
        finally
        {
            if (!complete)
            {
                tree.Dispose();
            }
        }
    }

    private void ReadValue()
    {
        var token = NextToken();
        switch (token)
        {
            case []:
                throw new TreeFormatException("the query tree ends too early");
            case [(byte)'{']:
                ReadNode();
                break;
            case [(byte)'(']:
                ReadList();
                break;
            case [(byte)')'] or [(byte)'}']:
                throw new TreeFormatException("the query tree is out of balance");
            case [(byte)'<', (byte)'>']:
                _tree.Add(ElementType.Null, _position, 0);
                break;
            default:
                _tree.Add(ElementType.Atom, _position - token.Length, token.Length);
                break;
        }
    }

    private void ReadList()
    {
        Enter();
        var list = _tree.Add(ElementType.List, _position, 0);
        while (!Peek((byte)')'))
        {
            ReadValue();
        }

        _position++;
        _tree[list].Next = _tree.Count;
        _depth--;
    }

    private void ReadNode()
    {
        Enter();
        var name = NextToken();
        var shape = _tree.Shapes.Find(name) ?? throw new TreeFormatException($"node type {Printable(name)} is not known for PostgreSQL {_tree.Shapes.Major}");
        var node = _tree.Add(ElementType.Node, _position, 0);
        for (var i = 0; i < shape.Fields.Length; i++)
        {
            ReadFieldName(shape, i);
            if (i == shape.ConstantValue)
            {
                ReadConstant();
            }
            else if (i == shape.Utility)
            {
                ReadUtility();
            }
            else
            {
                ReadValue();
            }

            if (i == shape.EntryKind)
            {
                var kind = _tree.Number(_tree.Count - 1);
                shape = _tree.Shapes.EntryShape((int)Math.Clamp(kind, -1, int.MaxValue))
                    ?? throw new TreeFormatException($"range table entry kind {kind} is not known for PostgreSQL {_tree.Shapes.Major}");
            }
        }

        if (!Peek((byte)'}'))
        {
            throw new TreeFormatException($"a {shape.Kind} node has more fields than PostgreSQL {_tree.Shapes.Major} is known to print");
        }

        _position++;
        _tree[node].Shape = shape;
        _tree[node].Next = _tree.Count;
        _depth--;
    }

    private void ReadFieldName(Shape shape, int ordinal)
    {
        var token = NextToken();
        if (token.Length == 0 || token[0] != (byte)':' || !token[1..].SequenceEqual(shape.Fields[ordinal]))
        {
            throw new TreeFormatException($"field {ordinal + 1} of a {shape.Kind} node is not the one PostgreSQL {_tree.Shapes.Major} is known to print");
        }
    }

    /// <summary>A constant's bytes: <c>&lt;&gt;</c> or <c>4 [ 1 0 0 0 ]</c>.</summary>
    private void ReadConstant()
    {
        var length = NextToken();
        if (length is [(byte)'<', (byte)'>'])
        {
            _tree.Add(ElementType.Null, _position, 0);
            return;
        }

        var open = NextToken();
        var start = _position;
        var size = _text[start..].IndexOf((byte)']');
        if (open is not [(byte)'['] || size < 0 || _text.Slice(start, size).ContainsAnyExcept(ConstantBytes))
        {
            throw new TreeFormatException("a constant is not of the known form");
        }

        _tree.Add(ElementType.Bytes, start, size);
        _position = start + size + 1;
    }

    /// <summary>A utility statement's own tree: passed over by its parentheses, whatever is inside.</summary>
    private void ReadUtility()
    {
        var start = _position;
        var depth = 0;
        do
        {
            var token = NextToken();
            depth += token switch
            {
                [] => throw new TreeFormatException("the query tree ends too early"),
                [(byte)'{'] or [(byte)'('] => 1,
                [(byte)'}'] or [(byte)')'] => -1,
                _ => 0,
            };
            if (depth == 0)
            {
                _tree.Add(token is [(byte)'<', (byte)'>'] ? ElementType.Null : ElementType.Skipped, start, _position - start);
            }
        }
        while (depth > 0);
    }

    private void Enter()
    {
        if (++_depth > MaxDepth)
        {
            throw new TreeFormatException($"expressions are nested deeper than {MaxDepth / 2} levels");
        }
    }

    private bool Peek(byte expected)
    {
        SkipSpace();
        return _position < _text.Length && _text[_position] == expected;
    }

    private void SkipSpace()
    {
        while (_position < _text.Length && IsSpace(_text[_position]))
        {
            _position++;
        }
    }

    /// <summary>The rules of the server's pg_strtok: brackets stand alone, a backslash protects the next byte.</summary>
    private ReadOnlySpan<byte> NextToken()
    {
        SkipSpace();
        var start = _position;
        if (start == _text.Length)
        {
            return [];
        }

        if (IsBracket(_text[start]))
        {
            _position++;
            return _text.Slice(start, 1);
        }

        while (_position < _text.Length && !IsSpace(_text[_position]) && !IsBracket(_text[_position]))
        {
            _position += _text[_position] == (byte)'\\' ? 2 : 1;
        }

        _position = Math.Min(_position, _text.Length);
        return _text[start.._position];
    }

    private static bool IsSpace(byte value) => value is (byte)' ' or (byte)'\n' or (byte)'\t';

    private static bool IsBracket(byte value) => value is (byte)'(' or (byte)')' or (byte)'{' or (byte)'}';

    private static string Printable(ReadOnlySpan<byte> name)
    {
        const int MaxNameBytes = 40;
        return name.Length <= MaxNameBytes && !name.ContainsAnyExceptInRange((byte)'0', (byte)'z') ? System.Text.Encoding.ASCII.GetString(name) : "?";
    }
}
