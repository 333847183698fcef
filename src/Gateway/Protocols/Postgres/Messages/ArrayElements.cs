using System.Buffers.Binary;

namespace Sallyport.Gateway.Protocols.Postgres.Messages;

/// <summary>The elements of an array as a Bind message carries it (PostgreSQL docs, "Array Input and Output Syntax"; array_recv). NULL elements are left out.</summary>
internal static class ArrayElements
{
    private const int MaxDimensions = 6;
    private const int DimensionBytes = 8;

    /// <param name="value">The value of the parameter.</param>
    /// <param name="isBinary">Whether it has the binary form.</param>
    /// <param name="most">How many elements at most.</param>
    /// <returns>Null when there are more, or when it is not an array.</returns>
    public static List<ReadOnlyMemory<byte>>? Read(ReadOnlyMemory<byte> value, bool isBinary, int most) =>
        isBinary ? ReadBinary(value, most) : ReadText(value.Span, most);

    private static List<ReadOnlyMemory<byte>>? ReadBinary(ReadOnlyMemory<byte> value, int most)
    {
        const int header = 12;
        if (value.Length < header || BinaryPrimitives.ReadInt32BigEndian(value.Span) is not (>= 0 and <= MaxDimensions and var dimensions))
        {
            return null;
        }

        var position = header + (dimensions * DimensionBytes);
        var elements = new List<ReadOnlyMemory<byte>>();
        while (position < value.Length)
        {
            if (value.Length - position < sizeof(int))
            {
                return null;
            }

            var length = BinaryPrimitives.ReadInt32BigEndian(value.Span[position..]);
            position += sizeof(int);
            if (length == -1)
            {
                continue;
            }

            if (length < 0 || length > value.Length - position || elements.Count == most)
            {
                return null;
            }

            elements.Add(value.Slice(position, length));
            position += length;
        }

        return position == value.Length ? elements : null;
    }

    private static List<ReadOnlyMemory<byte>>? ReadText(ReadOnlySpan<byte> text, int most)
    {
        text = text.Trim(" \t\r\n\v\f"u8);
        if (text.StartsWith("["u8) && text.IndexOf((byte)'=') is > 0 and var equals)
        {
            text = text[(equals + 1)..].TrimStart(" \t\r\n\v\f"u8);
        }

        if (!text.StartsWith("{"u8) || !text.EndsWith("}"u8))
        {
            return null;
        }

        var elements = new List<ReadOnlyMemory<byte>>();
        var element = new ElementText();
        for (var i = 0; i < text.Length; i++)
        {
            switch (text[i])
            {
                case (byte)'\\' when i + 1 < text.Length:
                    element.Add(text[++i], isQuoted: true);
                    break;
                case (byte)'"':
                    element.ToggleQuotes();
                    break;
                case (byte)'{' or (byte)'}' or (byte)',' when !element.InQuotes:
                    if (!element.MoveTo(elements, most))
                    {
                        return null;
                    }

                    break;
                default:
                    element.Add(text[i], element.InQuotes);
                    break;
            }
        }

        return element.InQuotes ? null : elements;
    }

    /// <summary>One element while its characters are read.</summary>
    private sealed class ElementText
    {
        private readonly List<byte> _bytes = [];
        private bool _isQuoted;

        public bool InQuotes { get; private set; }

        public void ToggleQuotes()
        {
            InQuotes = !InQuotes;
            _isQuoted = true;
        }

        public void Add(byte character, bool isQuoted)
        {
            _isQuoted |= isQuoted;
            if (isQuoted || _bytes.Count > 0 || !char.IsWhiteSpace((char)character))
            {
                _bytes.Add(character);
            }
        }

        /// <summary>Ends the element. False when there are too many.</summary>
        public bool MoveTo(List<ReadOnlyMemory<byte>> elements, int most)
        {
            byte[] bytes = [.. _bytes];
            var value = _isQuoted ? bytes.AsMemory() : bytes.AsMemory().TrimEnd(" \t\r\n\v\f"u8);
            var isNothing = !_isQuoted && (value.IsEmpty || System.Text.Ascii.EqualsIgnoreCase(value.Span, "null"u8));
            _bytes.Clear();
            _isQuoted = false;
            if (isNothing)
            {
                return true;
            }

            elements.Add(value);
            return elements.Count <= most;
        }
    }
}
