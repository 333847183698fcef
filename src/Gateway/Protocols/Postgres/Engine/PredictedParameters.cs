using System.Collections.Frozen;
using System.Text;
using System.Text.RegularExpressions;
using Sallyport.Gateway.Protocols.Postgres.Messages;
using Sallyport.Gateway.Protocols.Postgres.Sql;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>
/// Which ParameterStatus messages a client may see. A function of the database can put a stored value into a setting that is reported, so a report
/// passes only when its value came from the server at the start, was set to it by a constant that passed the gateway, or is one of the few values the
/// setting can have at all.
/// </summary>
internal sealed partial class PredictedParameters
{
    /// <summary>Most values that are remembered for one session; further ones are not reported to the client.</summary>
    public const int MaxValues = 1000;

    /// <summary>NAMEDATALEN: longer application names are cut by the server.</summary>
    private const int MaxNameBytes = 63;

    /// <summary>Settings with few values, none of which can carry a stored one.</summary>
    private static readonly FrozenDictionary<string, Regex> Closed = new Dictionary<string, Regex>(StringComparer.OrdinalIgnoreCase)
    {
        ["DateStyle"] = DateStyles,
        ["IntervalStyle"] = IntervalStyles,
        ["default_transaction_read_only"] = Switches,
        ["in_hot_standby"] = Switches,
        ["standard_conforming_strings"] = Switches,
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    private readonly HashSet<(string Name, string Value)> _predicted = [];
    private bool _hasOffset;

    /// <param name="initial">What the server reported before the session began.</param>
    public PredictedParameters(IEnumerable<KeyValuePair<string, string>> initial)
    {
        foreach (var (name, value) in initial)
        {
            _predicted.Add((Fold(name), Normal(value)));
        }
    }

    /// <summary>A statement is about to run: what it sets to constants will be reported.</summary>
    public void Expect(ServerStatement statement)
    {
        if (statement.Form is StatementForm.Set { Values.Count: > 0 } set)
        {
            Expect(set.Name, string.Join(", ", set.Values));
        }

        foreach (var call in (statement.Analysis ?? statement.Inner)?.SetConfigCalls ?? [])
        {
            Expect(call.Name, call.Value ?? "");
        }
    }

    /// <summary>A setting gets a value that the client sent.</summary>
    public void Expect(string name, string value)
    {
        if (_predicted.Count >= MaxValues)
        {
            return;
        }

        var folded = Fold(name);
        _hasOffset |= folded == "timezone" && Offsets.IsMatch(value);
        _predicted.Add((folded, Normal(value)));
        if (folded == "application_name")
        {
            // Before version 16 the server writes a question mark for what is not ASCII, later its hexadecimal code.
            _predicted.Add((folded, Normal(Cut(value, static _ => "?"))));
            _predicted.Add((folded, Normal(Cut(value, static b => $"\\x{b:x2}"))));
        }
    }

    /// <param name="body">The body of a ParameterStatus.</param>
    public bool Passes(ReadOnlySpan<byte> body)
    {
        var reader = new MessageReader(body);
        var name = Encoding.UTF8.GetString(reader.CString());
        var value = Encoding.UTF8.GetString(reader.CString());
        if (Closed.TryGetValue(name, out var values))
        {
            return values.IsMatch(value);
        }

        return _predicted.Contains((Fold(name), Normal(value))) || (_hasOffset && name == "TimeZone" && OffsetZones.IsMatch(value));
    }

    private static string Fold(string name) => SqlWords.FoldAscii(name);

    /// <summary>The server writes zones in their own case and lists of names with its own blanks and quotes.</summary>
    private static string Normal(string value) => value.Replace(" ", "", StringComparison.Ordinal).Replace("\"", "", StringComparison.Ordinal).ToUpperInvariant();

    private static string Cut(string value, Func<byte, string> escape)
    {
        var text = new StringBuilder();
        foreach (var b in Encoding.UTF8.GetBytes(value))
        {
            var next = b is >= 0x20 and < 0x7f ? ((char)b).ToString() : escape(b);
            if (text.Length + next.Length > MaxNameBytes)
            {
                break;
            }

            text.Append(next);
        }

        return text.ToString();
    }

    [GeneratedRegex(@"\A(ISO|SQL|Postgres|German|Redshift), (YMD|DMY|MDY)\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex DateStyles { get; }

    [GeneratedRegex(@"\A(postgres|postgres_verbose|sql_standard|iso_8601)\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex IntervalStyles { get; }

    [GeneratedRegex(@"\A(on|off)\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Switches { get; }

    /// <summary>SET TIME ZONE -5, INTERVAL '-05:00': the server makes a zone of it.</summary>
    [GeneratedRegex(@"\A[-+0-9. :]+\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Offsets { get; }

    [GeneratedRegex(@"\A<[-+]\d\d(:?\d\d){0,2}>[-+]?\d\d?(:\d\d){0,2}\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex OffsetZones { get; }
}
