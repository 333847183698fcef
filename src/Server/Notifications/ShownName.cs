using System.Globalization;
using System.Text;

namespace Sallyport.Server.Notifications;

/// <summary>
/// A name that a caller brought along, made fit for one line of a message: no line ends, no direction or invisible characters, and a bounded length.
/// Each medium escapes what it would read as markup on top.
/// </summary>
internal static class ShownName
{
    /// <summary>Longest name shown, in characters.</summary>
    public const int MaxChars = 100;

    private const char Replacement = '\uFFFD';

    public static string Of(string name)
    {
        var shown = new StringBuilder(Math.Min(name.Length, MaxChars) + 1);
        foreach (var rune in name.EnumerateRunes())
        {
            if (shown.Length >= MaxChars)
            {
                return shown.Append('…').ToString();
            }
            if (IsPlain(rune))
            {
                shown.Append(rune);
            }
            else
            {
                shown.Append(Replacement);
            }
        }
        return shown.ToString();
    }

    private static bool IsPlain(Rune rune) => Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.NonSpacingMark
        or UnicodeCategory.EnclosingMark);
}
