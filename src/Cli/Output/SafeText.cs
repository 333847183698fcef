using System.Globalization;
using System.Text;

namespace Sallyport.Cli.Output;

/// <summary>
/// Makes text that others wrote harmless to a terminal and to the eye: a statement must not be able to move the cursor, hide itself, fake a line, or look
/// like another statement than the one PostgreSQL would read.
/// </summary>
internal static class SafeText
{
    /// <summary>Marks drawn over one letter; more could cover the lines around it.</summary>
    private const int MaxMarks = 2;

    /// <summary>Letters, marks and symbols that show nothing: two names could differ in them alone.</summary>
    private static readonly (int First, int Last)[] Invisible =
    [
        (0x034F, 0x034F), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x2800, 0x2800), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFFA0, 0xFFA0),
        (0x1D159, 0x1D159), (0xE0100, 0xE01EF),
    ];

    /// <summary>One line: control, format and line-breaking characters become visible escapes.</summary>
    public static string Line(string text) => Escape(text, keepLineBreaks: false);

    /// <summary>
    /// Several lines: as <see cref="Line"/>, but where PostgreSQL ends a line (and with it a comment) there is a new line, and nowhere else. A lone
    /// carriage return is such an end and stays visible.
    /// </summary>
    public static string Block(string text) => Escape(text.Replace("\r\n", "\n", StringComparison.Ordinal), keepLineBreaks: true);

    private static string Escape(string text, bool keepLineBreaks)
    {
        StringBuilder? escaped = null;
        var position = 0;
        var marks = MaxMarks;
        foreach (var rune in text.EnumerateRunes())
        {
            // At the start of a line there is nothing of its own for a mark to stand on.
            marks = IsMark(rune) ? marks + 1 : rune.Value == '\n' ? MaxMarks : 0;

            // A lone surrogate is enumerated as U+FFFD with the length of one character, as is a true U+FFFD.
            if ((IsHarmless(rune) && marks <= MaxMarks) || (keepLineBreaks && rune.Value == '\n'))
            {
                escaped?.Append(rune.ToString());
            }
            else
            {
                escaped ??= new StringBuilder(text, 0, position, text.Length + 16);
                escaped.Append(CultureInfo.InvariantCulture, $"\\u{{{rune.Value:x}}}");
                if (keepLineBreaks && rune.Value == '\r')
                {
                    escaped.Append('\n');
                }
            }

            position += rune.Utf16SequenceLength;
        }

        return escaped?.ToString() ?? text;
    }

    private static bool IsMark(Rune rune) => Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;

    private static bool IsHarmless(Rune rune) =>
        Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
                or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.Surrogate or UnicodeCategory.EnclosingMark => false,

            // To PostgreSQL a wide or unbreakable space is a letter of a name.
            UnicodeCategory.SpaceSeparator => rune.Value == ' ',
            _ => !Array.Exists(Invisible, range => rune.Value >= range.First && rune.Value <= range.Last),
        };
}
