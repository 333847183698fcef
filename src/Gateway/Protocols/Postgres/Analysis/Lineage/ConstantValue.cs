using System.Buffers.Text;
using System.Text;
using Sallyport.Gateway.Protocols.Postgres.Analysis.Trees;

namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Lineage;

/// <summary>Values of constants, read from the bytes of their Datum as the dump prints them.</summary>
internal static class ConstantValue
{
    // pg_type OIDs.
    private const uint BoolType = 16;
    private const uint TextType = 25;

    /// <summary>Bytes of the length word in front of a text Datum.</summary>
    private const int VarlenaHeader = 4;

    /// <summary>The value of a text constant; null for SQL NULL or another type.</summary>
    public static string? Text(NodeTree tree, int node)
    {
        if (tree.Oid(node, Field.Consttype) != TextType || Bytes(tree, node) is not { Length: >= VarlenaHeader } bytes)
        {
            return null;
        }

        return Encoding.UTF8.GetString(bytes, VarlenaHeader, bytes.Length - VarlenaHeader);
    }

    public static bool? Flag(NodeTree tree, int node) =>
        tree.Oid(node, Field.Consttype) == BoolType && Bytes(tree, node) is { Length: > 0 } bytes ? bytes[0] != 0 : null;

    private static byte[]? Bytes(NodeTree tree, int node)
    {
        var value = tree.Value(node, Field.Constvalue);
        if (tree[value].Type != ElementType.Bytes)
        {
            return null;
        }

        var text = tree.Text.Slice(tree[value].Start, tree[value].Length);
        var bytes = new List<byte>();
        while (true)
        {
            text = text.TrimStart((byte)' ');
            if (text.IsEmpty)
            {
                return [.. bytes];
            }

            if (!Utf8Parser.TryParse(text, out int number, out var consumed) || number is < sbyte.MinValue or > byte.MaxValue)
            {
                throw new TreeFormatException("a constant is not of the known form");
            }

            bytes.Add(unchecked((byte)number));
            text = text[consumed..];
        }
    }
}
