using System.Buffers.Binary;
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

    // An array Datum (array.h): length word, number of dimensions, offset of the data, element type, then the length of each dimension.
    private const int DimensionsOffset = 16;
    private const int MaxDimensions = 6;
    private const int ArrayHeader = DimensionsOffset + (MaxDimensions * sizeof(int));

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

    /// <summary>How many elements an array constant has, 0 for SQL NULL; null if its header cannot be read.</summary>
    public static long? Elements(NodeTree tree, int node)
    {
        if (tree.Flag(node, Field.Constisnull))
        {
            return 0;
        }

        return ElementsOf(Bytes(tree, node, ArrayHeader));
    }

    /// <summary>How many elements the Datum of an array has, from its header; null if that cannot be read.</summary>
    public static long? ElementsOf(ReadOnlySpan<byte> header)
    {
        if (header.Length < DimensionsOffset || (header[0] & 3) != 0)
        {
            return null;
        }

        var dimensions = BinaryPrimitives.ReadInt32LittleEndian(header[VarlenaHeader..]);
        if (dimensions is < 0 or > MaxDimensions || header.Length < DimensionsOffset + (dimensions * sizeof(int)))
        {
            return null;
        }

        var elements = dimensions == 0 ? 0L : 1L;
        for (var i = 0; i < dimensions; i++)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(header[(DimensionsOffset + (i * sizeof(int)))..]);
            if (length <= 0 || elements > int.MaxValue)
            {
                return null;
            }

            elements *= length;
        }

        return elements;
    }

    public static byte[]? Bytes(NodeTree tree, int node, int most = int.MaxValue)
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
            if (text.IsEmpty || bytes.Count == most)
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
