namespace Sallyport.Gateway.Masking;

/// <summary>What a text type asks of its values: how long they may be, and how far they are padded.</summary>
/// <param name="MaxChars">Most characters, <see cref="int.MaxValue"/> without a limit.</param>
/// <param name="PadTo">Characters a <c>char(n)</c> is filled up to with spaces, else 0.</param>
/// <param name="HasPadding">Whether trailing spaces of a value mean nothing (<c>char(n)</c>).</param>
internal readonly record struct TextShape(int MaxChars, int PadTo, bool HasPadding)
{
    /// <summary>Wider <c>char(n)</c> columns are not filled up, which clients cannot tell from a trimmed value.</summary>
    public const int MaxPaddedChars = 1_024;

    /// <summary>Most bytes of a <c>name</c>.</summary>
    private const int MaxNameChars = 63;

    /// <summary>A length is stored in the modifier with the four bytes of its header.</summary>
    private const int ModifierHeader = 4;

    /// <summary>The shape of a type, or null when its values are not text.</summary>
    public static TextShape? Of(MaskedType column) => column.Oid switch
    {
        TypeOids.Text or TypeOids.Unknown => new TextShape(int.MaxValue, 0, HasPadding: false),
        TypeOids.Varchar => new TextShape(Limit(column.Modifier), 0, HasPadding: false),
        TypeOids.Name => new TextShape(MaxNameChars, 0, HasPadding: false),
        TypeOids.Char => new TextShape(1, 0, HasPadding: false),
        TypeOids.Bpchar => new TextShape(Limit(column.Modifier), Limit(column.Modifier) is <= MaxPaddedChars and var width ? width : 0, HasPadding: true),
        _ when column.IsTextLike => new TextShape(int.MaxValue, 0, HasPadding: false),
        _ => null,
    };

    /// <summary>A value without its padding.</summary>
    public ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> value) => HasPadding ? value.TrimEnd((byte)' ') : value;

    /// <summary>Bytes a value of <paramref name="chars"/> characters and <paramref name="bytes"/> bytes has once it is padded.</summary>
    public int PaddedBytes(int chars, int bytes) => bytes + Math.Max(0, PadTo - chars);

    /// <summary>Fills up what was written so far.</summary>
    /// <returns>Bytes in all.</returns>
    public int Pad(Span<byte> destination, int chars, int bytes)
    {
        var padded = PaddedBytes(chars, bytes);
        destination[bytes..padded].Fill((byte)' ');
        return padded;
    }

    /// <summary><paramref name="text"/> (UTF-8) if it fits, else stars.</summary>
    public byte[] Fit(ReadOnlySpan<byte> text)
    {
        var chars = Math.Min(CharsOf(text), MaxChars);
        var fits = CharsOf(text) <= MaxChars;
        var content = fits ? text.Length : MaxChars;
        var bytes = new byte[PaddedBytes(chars, content)];
        if (fits)
        {
            text.CopyTo(bytes);
        }
        else
        {
            bytes.AsSpan(0, content).Fill((byte)'*');
        }

        Pad(bytes, chars, content);
        return bytes;
    }

    /// <summary>Characters of a text: continuation bytes of UTF-8 start none.</summary>
    public static int CharsOf(ReadOnlySpan<byte> text)
    {
        var chars = 0;
        foreach (var value in text)
        {
            chars += (value & 0xC0) == 0x80 ? 0 : 1;
        }

        return chars;
    }

    private static int Limit(int modifier) => modifier > ModifierHeader ? modifier - ModifierHeader : int.MaxValue;
}
