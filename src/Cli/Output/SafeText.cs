using System.Globalization;
using System.Text;

namespace Sallyport.Cli.Output;

/// <summary>Makes text that others wrote harmless to a terminal: a statement must not be able to move the cursor, hide itself or fake a line.</summary>
internal static class SafeText
{
    /// <summary>One line: control, format and line-breaking characters become visible escapes.</summary>
    public static string Line(string text) => Escape(text, keepLineBreaks: false);

    /// <summary>Several lines: as <see cref="Line"/>, but line feeds stay.</summary>
    public static string Block(string text) => Escape(text.ReplaceLineEndings("\n"), keepLineBreaks: true);

    private static string Escape(string text, bool keepLineBreaks)
    {
        StringBuilder? escaped = null;
        var position = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            // A lone surrogate is enumerated as U+FFFD with the length of one character, as is a true U+FFFD.
            if (IsHarmless(rune) || (keepLineBreaks && rune.Value == '\n'))
            {
                escaped?.Append(rune.ToString());
            }
            else
            {
                escaped ??= new StringBuilder(text, 0, position, text.Length + 16);
                escaped.Append(CultureInfo.InvariantCulture, $"\\u{{{rune.Value:x}}}");
            }

            position += rune.Utf16SequenceLength;
        }

        return escaped?.ToString() ?? text;
    }

    private static bool IsHarmless(Rune rune) => Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.Surrogate);
}
