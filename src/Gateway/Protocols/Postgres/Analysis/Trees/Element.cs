namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Trees;

/// <summary>One value of a tree, in the order of the text; children follow their parent directly.</summary>
internal struct Element
{
    /// <summary>Where the text of an atom begins.</summary>
    public int Start;

    /// <summary>Length of an atom's text.</summary>
    public int Length;

    /// <summary>Index of the first element that is not inside this one.</summary>
    public int Next;

    public ElementType Type;

    /// <summary>The fields of a node; null otherwise.</summary>
    public Shape? Shape;
}

internal enum ElementType : byte
{
    /// <summary>The null pointer, printed as <c>&lt;&gt;</c>.</summary>
    Null,
    Atom,
    List,
    Node,

    /// <summary>The bytes of a constant, as printed: decimal numbers between brackets.</summary>
    Bytes,

    /// <summary>A raw statement inside a utility statement, not read.</summary>
    Skipped,
}
