using System.Buffers.Binary;
using System.Text;
using System.Text.RegularExpressions;
using Sallyport.Tools.Fuzzer.Database;
using Sallyport.Tools.Fuzzer.Generation;
using Sallyport.Tools.Fuzzer.Wire;

namespace Sallyport.Tools.Fuzzer.Runs;

/// <summary>Everything one side answered, one line for each message, without what may differ.</summary>
internal sealed partial class Transcript
{
    /// <summary>A shorter value may stand in an answer by chance.</summary>
    private const int MinValueChars = 5;

    /// <summary>The same for a row of bits, which looks like any other.</summary>
    private const int MinBits = 24;

    private static readonly Encoding Strict = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly Dictionary<string, string> _tokens = new(StringComparer.Ordinal);
    private readonly List<(string Value, string Name)> _values;
    private readonly uint _lastOid;

    /// <param name="lastOid">Later ones belong to temporary tables; they are numbered across all sessions.</param>
    public Transcript(IReadOnlyList<Frame> frames, Case @case, bool second, uint lastOid)
    {
        _lastOid = lastOid;
        _values = [.. @case.Values.SelectMany(v => Forms(v, second)).OrderByDescending(v => v.Value.Length)];
        Lines = [.. frames.Select(Line)];
        IsRefused = frames.Any(f => f.Type == 'E' && f.Field('M').StartsWith("NOT EXECUTED", StringComparison.Ordinal));
        HasFailed = frames.Any(f => f.Type == 'E') && !IsRefused;
        IsMasked = Lines.Any(l => l.StartsWith('D') && (l.Contains('[') || l.Contains("tok#") || l.Contains("uuid#") || l.Contains("******")));
        Reason = frames.Where(f => f.Type == 'E').Select(f => RulePattern.Match(f.Field('M')) is { Success: true } rule ? rule.Groups[1].Value : f.Field('C')).FirstOrDefault();
        IsClosed = frames.Count > 0 && frames[^1].Type == '!';
    }

    public IReadOnlyList<string> Lines { get; }

    public bool IsRefused { get; }

    public bool HasFailed { get; }

    public bool IsMasked { get; }

    public bool IsClosed { get; }

    /// <summary>The rule of the first refusal or the code of the first error, or null.</summary>
    public string? Reason { get; }

    public bool Matches(Transcript other) => Lines.SequenceEqual(other.Lines);

    /// <summary>The first line that differs; each side's own.</summary>
    public (string Here, string There) FirstDifference(Transcript other)
    {
        var at = Lines.Zip(other.Lines).TakeWhile(pair => pair.First == pair.Second).Count();
        return (at < Lines.Count ? Lines[at] : "", at < other.Lines.Count ? other.Lines[at] : "");
    }

    private static IEnumerable<(string Value, string Name)> Forms((PhiColumn Column, int K) value, bool second)
    {
        var text = value.Column.ValueOf(value.K, second);
        var name = $"«{value.Column.Key}:{value.K}»";
        var least = text.AsSpan().ContainsAnyExcept('0', '1') ? MinValueChars : MinBits;
        return text.Length < least ? [] : [(text, name), (text.Replace("'", "''", StringComparison.Ordinal), name)];
    }

    private string Line(Frame frame) => frame.Type switch
    {
        'T' => "T " + string.Join(" | ", Fields(frame.Body)),
        'D' => "D " + string.Join(" | ", frame.Columns().Select(Cell)),
        'd' => "d " + Cell(frame.Body),
        'A' => "A " + Cell(frame.Body[4..]),
        'K' => "K",
        _ => $"{frame.Type} {Cell(frame.Body)}",
    };

    private string Cell(byte[]? bytes)
    {
        if (bytes is null)
        {
            return "NULL";
        }

        if (bytes.Length == 16 && bytes[6] >> 4 == 8 && Array.Exists(bytes, b => b >= 0x80))
        {
            return Token("uuid#", Convert.ToHexStringLower(bytes));
        }

        string text;
        try
        {
            text = Strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return "\\x " + Binary(Encoding.Latin1.GetString(bytes));
        }

        if (text.Contains("tok_", StringComparison.Ordinal))
        {
            text = TokenPattern.Replace(text, match => Token("tok#", match.Value));
        }

        text = UuidPattern.Replace(text, match => Token("uuid#", match.Value.Replace("-", "", StringComparison.Ordinal)));
        foreach (var (value, name) in _values)
        {
            text = text.Replace(value, name, StringComparison.Ordinal);
        }

        // Statements are filled up with spaces behind such values.
        text = _values.Count > 0 ? FillPattern.Replace(text, "»'") : text;
        return text.Replace('\0', '¦').Replace("\n", "\\n", StringComparison.Ordinal);
    }

    /// <summary>Tokens also stand inside of binary copies, each behind its length.</summary>
    private string Binary(string bytes) => UuidCellPattern.Replace(
        TokenPattern.Replace(bytes, match => Token("tok#", match.Value)), match => Token("uuid#", Convert.ToHexStringLower(Encoding.Latin1.GetBytes(match.Value[4..]))));

    private string Token(string kind, string value)
    {
        if (!_tokens.TryGetValue(value, out var name))
        {
            _tokens[value] = name = $"{kind}{_tokens.Count + 1}";
        }

        return name;
    }

    private IEnumerable<string> Fields(byte[] body)
    {
        var at = 2;
        for (var i = BinaryPrimitives.ReadInt16BigEndian(body); i > 0; i--)
        {
            var end = Array.IndexOf(body, (byte)0, at);
            var name = Encoding.UTF8.GetString(body, at, end - at);
            var table = BinaryPrimitives.ReadUInt32BigEndian(body.AsSpan(end + 1));
            yield return $"{name} {(table > _lastOid ? "temporary" : table)} {Convert.ToHexStringLower(body.AsSpan(end + 5, 14))}";
            at = end + 19;
        }
    }

    [GeneratedRegex("tok_[A-Za-z0-9_-]+_[a-z2-7]{8,32}", RegexOptions.None, matchTimeoutMilliseconds: 5000)]
    private static partial Regex TokenPattern { get; }

    [GeneratedRegex(@"\x00\x00\x00\x10.{6}[\x80-\x8f].{9}", RegexOptions.Singleline, matchTimeoutMilliseconds: 5000)]
    private static partial Regex UuidCellPattern { get; }

    [GeneratedRegex("refused by ([^ ]+):", RegexOptions.None, matchTimeoutMilliseconds: 5000)]
    private static partial Regex RulePattern { get; }

    [GeneratedRegex("»' +", RegexOptions.None, matchTimeoutMilliseconds: 5000)]
    private static partial Regex FillPattern { get; }

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", RegexOptions.None, matchTimeoutMilliseconds: 5000)]
    private static partial Regex UuidPattern { get; }
}
