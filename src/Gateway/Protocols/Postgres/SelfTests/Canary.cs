using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Sallyport.Gateway.Protocols.Postgres.SelfTests;

/// <summary>One made-up value of a protected column, and how to know it again in whatever comes back.</summary>
/// <param name="Column">Where it lies, for the report.</param>
/// <param name="Literal">The value as SQL.</param>
/// <param name="Token">What to look for; empty for a value too short to be known again.</param>
internal sealed record Canary(string Column, string Literal, string Token)
{
    private const int MinTokenCharacters = 6;
    private const int MinSplitCharacters = 8;
    private const int WordCharacters = 14;

    /// <summary>A value for a column of a type as <c>format_type</c> writes it. Null when no value of the type can be known again.</summary>
    public static Canary? Of(string column, string type)
    {
        var (name, length) = Split(type);
        switch (name)
        {
            case "text" or "character varying" or "character" or "name":
                var word = Word(length == 0 ? WordCharacters : Math.Min(WordCharacters, length));
                return new Canary(column, SqlText(word), word.Length >= MinTokenCharacters ? word : "");
            case "integer":
                return Number(column, 100_000_000, 2_000_000_000);
            case "bigint":
                return Number(column, 100_000_000, 2_000_000_000);
            case "numeric" when length is 0 or > MinTokenCharacters + 2 && !type.Contains(',', StringComparison.Ordinal):
                return Number(column, 100_000, 999_999);
            case "date":
                var date = Date();
                return new Canary(column, SqlText(date), date);
            case "timestamp with time zone" or "timestamp without time zone":
                var day = Date();
                return new Canary(column, SqlText(day + " 12:34:56"), day);
            case "uuid":
                var id = Guid.NewGuid().ToString();
                return new Canary(column, SqlText(id), id);
            case "json" or "jsonb":
                var inside = Word(WordCharacters);
                return new Canary(column, SqlText($"{{\"v\": \"{inside}\"}}"), inside);
            case "text[]" or "character varying[]":
                var element = Word(WordCharacters);
                return new Canary(column, $"ARRAY[{SqlText(element)}]", element);
            default:
                return null;
        }
    }

    /// <summary>How the value is found in what came back, or null.</summary>
    /// <param name="received">Every byte that came back, as Latin-1.</param>
    /// <param name="lower">The same in lower case.</param>
    /// <param name="squeezed">The same without anything but letters and digits.</param>
    public string? FindIn(string received, string lower, string squeezed)
    {
        if (Token.Length == 0)
        {
            return null;
        }

        var bytes = Encoding.ASCII.GetBytes(Token);
        if (lower.Contains(Token, StringComparison.Ordinal))
        {
            return "in clear";
        }

        if (lower.Contains(new string([.. Token.Reverse()]), StringComparison.Ordinal))
        {
            return "reversed";
        }

        if (lower.Contains(Convert.ToHexStringLower(bytes), StringComparison.Ordinal) || lower.Contains(Convert.ToHexStringLower(Encoding.ASCII.GetBytes(Token.ToUpperInvariant())), StringComparison.Ordinal))
        {
            return "as hexadecimal digits";
        }

        var plain = new string([.. Token.Where(char.IsAsciiLetterOrDigit)]);
        return Base64(bytes).Any(form => received.Contains(form, StringComparison.Ordinal)) ? "as base64"
            : plain.Length >= MinSplitCharacters && char.IsAsciiLetter(plain[0]) && squeezed.Contains(plain, StringComparison.Ordinal) ? "in pieces"
            : null;
    }

    /// <summary>The middle of the base64 forms of a text, whatever stands before and behind it.</summary>
    private static IEnumerable<string> Base64(byte[] bytes)
    {
        const int Group = 3;
        for (var offset = 0; offset < Group; offset++)
        {
            var encoded = Convert.ToBase64String([.. new byte[offset], .. bytes]);
            var start = offset == 0 ? 0 : 4;
            var length = (bytes.Length - (offset == 0 ? 0 : Group - offset)) / Group * 4;
            yield return encoded.Substring(start, length);
        }
    }

    private static Canary Number(string column, int from, int to)
    {
        var number = RandomNumberGenerator.GetInt32(from, to).ToString(CultureInfo.InvariantCulture);
        return new Canary(column, number, number);
    }

    private static string Date() => new DateOnly(
        RandomNumberGenerator.GetInt32(1911, 1999), RandomNumberGenerator.GetInt32(2, 13), RandomNumberGenerator.GetInt32(2, 28)).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>A word nobody writes: consonants and vowels by turns.</summary>
    private static string Word(int characters) => string.Create(characters, 0, static (word, _) =>
    {
        for (var i = 0; i < word.Length; i++)
        {
            word[i] = i % 2 == 0 ? RandomNumberGenerator.GetItems<char>("bdfgkmprtvz", 1)[0] : RandomNumberGenerator.GetItems<char>("aeiou", 1)[0];
        }
    });

    private static (string Name, int Length) Split(string type)
    {
        var open = type.IndexOf('(', StringComparison.Ordinal);
        var close = type.IndexOf(')', StringComparison.Ordinal);
        if (open < 0 || close < open)
        {
            return (type, 0);
        }

        var digits = type[(open + 1)..close].Split(',')[0];
        return (type[..open] + type[(close + 1)..], int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var length) ? length : 0);
    }

    private static string SqlText(string text) => Administration.SqlQuoting.Text(text);
}
