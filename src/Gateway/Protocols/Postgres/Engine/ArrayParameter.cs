using System.Buffers.Binary;
using System.Text;
using Sallyport.Gateway.Masking;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>Exchanges the elements of an array that a client sends, in text or binary format.</summary>
internal static class ArrayParameter
{
    private const int DimensionBytes = 8;
    private const int ElementsAt = 12 + DimensionBytes;

    public delegate TokenExchange ExchangeElement(ReadOnlySpan<byte> element);

    /// <summary>Exchanges every element that is a token.</summary>
    /// <param name="value">The array.</param>
    /// <param name="isBinary">Its format.</param>
    /// <param name="exchange">What becomes of one element.</param>
    /// <param name="result">The array with what was exchanged; unknown if one element is; the default where no element is a token.</param>
    /// <returns>False for what is not an array of one dimension, which is left to the server.</returns>
    public static bool TryExchange(ReadOnlySpan<byte> value, bool isBinary, ExchangeElement exchange, out TokenExchange result)
    {
        result = default;
        var elements = isBinary ? ReadBinary(value) : ReadText(value);
        if (elements is null)
        {
            return false;
        }

        var changed = false;
        foreach (var index in Enumerable.Range(0, elements.Count))
        {
            var exchanged = elements[index] is { } element ? exchange(element) : default;
            if (exchanged.IsUnknown)
            {
                result = exchanged;
                return true;
            }

            changed |= exchanged.Value is not null;
            elements[index] = exchanged.Value ?? elements[index];
        }

        result = changed ? new TokenExchange { Value = isBinary ? WriteBinary(value, elements) : WriteText(elements) } : default;
        return true;
    }

    /// <summary>array_send: dimensions, flags, element type; length and lower bound of each dimension; length and bytes of each element.</summary>
    private static List<byte[]?>? ReadBinary(ReadOnlySpan<byte> value)
    {
        if (value.Length < ElementsAt || BinaryPrimitives.ReadInt32BigEndian(value) != 1)
        {
            return null;
        }

        var count = BinaryPrimitives.ReadInt32BigEndian(value[12..]);
        var elements = new List<byte[]?>();
        var rest = value[ElementsAt..];
        while (rest.Length >= sizeof(int) && elements.Count < count)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(rest);
            rest = rest[sizeof(int)..];
            if (length > rest.Length)
            {
                return null;
            }

            elements.Add(length < 0 ? null : rest[..length].ToArray());
            rest = rest[Math.Max(length, 0)..];
        }

        return elements.Count == count && rest.IsEmpty ? elements : null;
    }

    private static byte[] WriteBinary(ReadOnlySpan<byte> array, List<byte[]?> elements)
    {
        var bytes = new byte[ElementsAt + elements.Sum(static element => sizeof(int) + (element?.Length ?? 0))];
        array[..ElementsAt].CopyTo(bytes);
        var at = ElementsAt;
        foreach (var element in elements)
        {
            BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(at), element?.Length ?? -1);
            at += sizeof(int);
            element?.CopyTo(bytes, at);
            at += element?.Length ?? 0;
        }

        return bytes;
    }

    /// <summary>Reads <c>{a,"b c",NULL}</c>.</summary>
    private static List<byte[]?>? ReadText(ReadOnlySpan<byte> value)
    {
        var text = value.Trim((byte)' ');
        if (text.Length < 2 || text[0] != '{' || text[^1] != '}')
        {
            return null;
        }

        var elements = new List<byte[]?>();
        var rest = text[1..^1];
        while (!rest.IsEmpty)
        {
            if (!TryElement(ref rest, out var element))
            {
                return null;
            }

            elements.Add(element);
        }

        return elements;
    }

    /// <summary>Takes one element and the comma behind it.</summary>
    private static bool TryElement(ref ReadOnlySpan<byte> rest, out byte[]? element)
    {
        element = null;
        var content = new List<byte>();
        var isQuoted = false;
        var inQuotes = false;
        var at = 0;
        for (; at < rest.Length && (inQuotes || rest[at] != ','); at++)
        {
            switch (rest[at])
            {
                case (byte)'"':
                    isQuoted = true;
                    inQuotes = !inQuotes;
                    break;
                case (byte)'\\' when at + 1 < rest.Length:
                    content.Add(rest[++at]);
                    break;
                case (byte)'{' or (byte)'}' when !inQuotes:
                    return false;
                case (byte)' ' or (byte)'\t' or (byte)'\n' when !inQuotes:
                    // Space around an element means nothing and space inside one does: rather than telling them apart, the array is left alone.
                    return false;
                default:
                    content.Add(rest[at]);
                    break;
            }
        }

        if (inQuotes || (at < rest.Length && at == rest.Length - 1))
        {
            return false;
        }

        rest = rest[Math.Min(at + 1, rest.Length)..];
        byte[] bytes = [.. content];
        element = !isQuoted && Ascii.EqualsIgnoreCase(bytes, "null"u8) ? null : bytes;
        return true;
    }

    private static byte[] WriteText(List<byte[]?> elements)
    {
        var output = new List<byte> { (byte)'{' };
        foreach (var element in elements)
        {
            if (output.Count > 1)
            {
                output.Add((byte)',');
            }

            if (element is null)
            {
                output.AddRange("NULL"u8);
                continue;
            }

            output.Add((byte)'"');
            foreach (var character in element)
            {
                if (character is (byte)'"' or (byte)'\\')
                {
                    output.Add((byte)'\\');
                }

                output.Add(character);
            }

            output.Add((byte)'"');
        }

        output.Add((byte)'}');
        return [.. output];
    }
}
