using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Sallyport.Server.Mcp.Tools;

/// <summary>A tool was called with arguments its schema does not allow.</summary>
/// <param name="message">One sentence for the caller.</param>
internal sealed class ToolArgumentException(string message) : Exception(message);

/// <summary>Reads the arguments of one call as strictly as the tool's schema says.</summary>
internal sealed partial class ToolArguments
{
    private const int MaxInstantLength = 40;

    private readonly IReadOnlyDictionary<string, JsonElement> _given;

    /// <param name="given">As the client sent them.</param>
    /// <param name="known">Every name the schema has.</param>
    /// <exception cref="ToolArgumentException">There is another one.</exception>
    public ToolArguments(IDictionary<string, JsonElement>? given, params ReadOnlySpan<string> known)
    {
        _given = given is null ? new Dictionary<string, JsonElement>() : new Dictionary<string, JsonElement>(given, StringComparer.Ordinal);
        foreach (var name in _given.Keys)
        {
            if (!known.Contains(name))
            {
                throw new ToolArgumentException($"There is an argument this tool does not have; it takes: {string.Join(", ", known)}.");
            }
        }
    }

    public string Text(string name, int maxLength) => TextOrNull(name, maxLength) ?? throw new ToolArgumentException($"The argument {name} is missing.");

    public string? TextOrNull(string name, int maxLength)
    {
        if (Find(name) is not { } value)
        {
            return null;
        }
        return value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text && text.Length <= maxLength
            ? text
            : throw new ToolArgumentException($"The argument {name} is text of 1 to {maxLength} characters.");
    }

    public int Number(string name, int least, int most, int otherwise)
    {
        if (Find(name) is not { } value)
        {
            return otherwise;
        }
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= least && number <= most
            ? number
            : throw new ToolArgumentException($"The argument {name} is a whole number from {least} to {most}.");
    }

    public int? NumberOrNull(string name, int least, int most) => Find(name) is null ? null : Number(name, least, most, least);

    public bool Flag(string name) => Find(name)?.ValueKind switch
    {
        null or JsonValueKind.False => false,
        JsonValueKind.True => true,
        _ => throw new ToolArgumentException($"The argument {name} is true or false."),
    };

    /// <summary>An instant as RFC 3339 writes it, with its offset.</summary>
    public DateTimeOffset? InstantOrNull(string name)
    {
        if (TextOrNull(name, MaxInstantLength) is not { } text)
        {
            return null;
        }
        return Instant.IsMatch(text) && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.None, out var instant)
            ? instant
            : throw new ToolArgumentException($"The argument {name} is an instant such as 2026-11-21T18:00:00Z.");
    }

    /// <summary>A list of texts, none of them empty.</summary>
    public IReadOnlyList<string> Texts(string name, int most, int maxLength)
    {
        if (Find(name) is not { } value)
        {
            return [];
        }
        return value.ValueKind == JsonValueKind.Array && value.GetArrayLength() <= most
            && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String && item.GetString() is { Length: > 0 } text && text.Length <= maxLength)
            ? [.. value.EnumerateArray().Select(static item => item.GetString()!)]
            : throw new ToolArgumentException($"The argument {name} is a list of up to {most} texts of 1 to {maxLength} characters.");
    }

    /// <summary>A list of strings, numbers, booleans and nulls as PostgreSQL reads them from text; objects and lists as JSON.</summary>
    public IReadOnlyList<string?> Values(string name, int most)
    {
        if (Find(name) is not { } value)
        {
            return [];
        }
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > most)
        {
            throw new ToolArgumentException($"The argument {name} is a list of up to {most} values.");
        }
        return [.. value.EnumerateArray().Select(static item => item.ValueKind switch
        {
            JsonValueKind.Null => null,
            JsonValueKind.String => item.GetString(),
            _ => item.GetRawText(),
        })];
    }

    private JsonElement? Find(string name) => _given.TryGetValue(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    [GeneratedRegex(@"\A\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,7})?(?:Z|[+-]\d{2}:\d{2})\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 100)]
    private static partial Regex Instant { get; }
}
