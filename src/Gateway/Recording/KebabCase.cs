using System.Text;

namespace Sallyport.Gateway.Recording;

/// <summary>Enum members as they appear in records: <c>WrongAudience</c> is <c>wrong-audience</c>.</summary>
internal static class KebabCase
{
    public static string Of<T>(T value)
        where T : struct, Enum
    {
        var text = new StringBuilder();
        foreach (var character in value.ToString())
        {
            if (char.IsUpper(character) && text.Length > 0)
            {
                text.Append('-');
            }
            text.Append(char.ToLowerInvariant(character));
        }
        return text.ToString();
    }
}
