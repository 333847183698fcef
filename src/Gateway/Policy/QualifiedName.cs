using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Sallyport.Gateway.Policy;

/// <summary>
/// Splits <c>schema.table</c> and <c>schema.table.column</c> as PostgreSQL spells identifiers: parts are taken as they are stored
/// (case matters), and a part that holds a dot or a quote stands in double quotes, with quotes inside doubled.
/// </summary>
public static class QualifiedName
{
    /// <summary>NAMEDATALEN is 64, so no stored identifier is longer than this many bytes of UTF-8.</summary>
    public const int MaxIdentifierBytes = 63;

    /// <summary>Cuts <paramref name="text"/> into exactly <paramref name="count"/> identifiers; false if it has another shape.</summary>
    public static bool TrySplit(string text, int count, [NotNullWhen(true)] out string[]? parts)
    {
        ArgumentNullException.ThrowIfNull(text);
        parts = null;
        var found = new List<string>(count);
        var position = 0;
        while (found.Count < count)
        {
            if (!TryTakeIdentifier(text, ref position, out var part))
            {
                return false;
            }
            found.Add(part);
            var atEnd = position == text.Length;
            if (atEnd != (found.Count == count))
            {
                return false;
            }
            if (!atEnd && text[position++] != '.')
            {
                return false;
            }
        }
        parts = [.. found];
        return true;
    }

    /// <summary>The name as this class reads it back: parts joined by dots, quoted where needed.</summary>
    public static string Join(string schema, string name) => $"{Quote(schema)}.{Quote(name)}";

    public static string Join(string schema, string table, string column) => $"{Quote(schema)}.{Quote(table)}.{Quote(column)}";

    private static string Quote(string part) =>
        part.AsSpan().ContainsAny('.', '"') ? $"\"{part.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : part;

    private static bool TryTakeIdentifier(string text, ref int position, out string identifier)
    {
        identifier = position < text.Length && text[position] == '"' ? TakeQuoted(text, ref position) : TakePlain(text, ref position);
        return identifier.Length > 0 && Encoding.UTF8.GetByteCount(identifier) <= MaxIdentifierBytes;
    }

    private static string TakePlain(string text, ref int position)
    {
        var start = position;
        while (position < text.Length && text[position] is not ('.' or '"') && !char.IsWhiteSpace(text[position]) && !char.IsControl(text[position]))
        {
            position++;
        }
        return text[start..position];
    }

    /// <summary>Returns the empty string, which is no identifier, when the closing quote is missing.</summary>
    private static string TakeQuoted(string text, ref int position)
    {
        var identifier = new StringBuilder();
        for (position++; position < text.Length; position++)
        {
            if (text[position] != '"')
            {
                identifier.Append(text[position]);
                continue;
            }
            if (position + 1 == text.Length || text[position + 1] != '"')
            {
                position++;
                return identifier.ToString();
            }
            identifier.Append(text[position++]);
        }
        return "";
    }
}
