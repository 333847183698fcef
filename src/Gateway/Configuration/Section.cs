using System.Collections.Immutable;

namespace Sallyport.Gateway.Configuration;

/// <summary>
/// One map of the file while it is read: takes keys by name and type, notes a problem for each that does not fit, and in the end for
/// each that nobody asked for. A key with a problem reads as if it were missing, so that reading goes on to the next problem.
/// </summary>
internal sealed class Section(ConfigurationNode.Map map, string path, Problems problems)
{
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    public int Line => map.Line;

    public Problems Problems => problems;

    /// <summary>The line of a key, or of the section when the key is missing.</summary>
    public int LineOf(string key) => Find(key)?.Line ?? Line;

    public bool Has(string key)
    {
        _known.Add(key);
        return Find(key) is not null;
    }

    /// <summary>Notes a problem at a key.</summary>
    public void Problem(string key, string message, string remedy) => problems.Add(LineOf(key), message, remedy);

    public ConfigurationNode? Take(string key)
    {
        _known.Add(key);
        return Find(key)?.Value;
    }

    /// <summary>Any text; null when missing or wrong.</summary>
    public string? Text(string key)
    {
        switch (Take(key))
        {
            case null:
                return null;
            case ConfigurationNode.Text { Value.Length: > 0 } text:
                return text.Value;
            default:
                Problem(key, $"{path}{key} is not a text", "write one value on this line");
                return null;
        }
    }

    public string? RequiredText(string key)
    {
        Require(key);
        return Text(key);
    }

    /// <summary>Notes that a key is missing.</summary>
    public void Require(string key)
    {
        if (!Has(key))
        {
            problems.Add(Line, $"{path}{key} is missing", "add it");
        }
    }

    /// <summary>A text and the line it stands on, one or several: <c>key: a</c> and <c>key: [a, b]</c> are both fine.</summary>
    public ImmutableArray<ConfigurationNode.Text> Texts(string key)
    {
        var node = Take(key);
        if (node is null)
        {
            return [];
        }
        var items = node is ConfigurationNode.List list ? list.Items : [node];
        var texts = ImmutableArray.CreateBuilder<ConfigurationNode.Text>();
        foreach (var item in items)
        {
            if (item is ConfigurationNode.Text { Value.Length: > 0 } text)
            {
                texts.Add(text);
            }
            else
            {
                problems.Add(item.Line, $"{path}{key} holds something that is not a text", "write a list of texts, such as [a, b]");
            }
        }
        if (items.IsEmpty)
        {
            Problem(key, $"{path}{key} is an empty list", "name at least one, or remove the key");
        }
        return texts.ToImmutable();
    }

    public ImmutableArray<string> Names(string key) => [.. Texts(key).Select(t => t.Value)];

    public bool? Flag(string key)
    {
        if (Text(key) is not { } text)
        {
            return null;
        }
        if (text is "true" or "false")
        {
            return text == "true";
        }
        Problem(key, $"{path}{key} is neither true nor false", "write true or false");
        return null;
    }

    public TimeSpan Duration(string key, TimeSpan whenMissing, TimeSpan least, TimeSpan most)
    {
        if (Text(key) is not { } text)
        {
            return whenMissing;
        }
        if (!Scalars.TryDuration(text, out var duration))
        {
            Problem(key, $"{path}{key} is not a duration", Scalars.DurationForm);
            return whenMissing;
        }
        return InRange(key, duration, least, most, whenMissing, Show);
    }

    public int Number(string key, int whenMissing, int least, int most)
    {
        if (Text(key) is not { } text)
        {
            return whenMissing;
        }
        if (!Scalars.TryNumber(text, out var number))
        {
            Problem(key, $"{path}{key} is not a number", "write digits only");
            return whenMissing;
        }
        return (int)InRange(key, number, least, most, whenMissing, n => $"{n}");
    }

    public int Size(string key, int whenMissing, int least, int most)
    {
        if (Text(key) is not { } text)
        {
            return whenMissing;
        }
        if (!Scalars.TrySize(text, out var bytes))
        {
            Problem(key, $"{path}{key} is not a size", Scalars.SizeForm);
            return whenMissing;
        }
        return (int)InRange(key, bytes, least, most, whenMissing, n => $"{n} bytes");
    }

    public DateTimeOffset? Instant(string key)
    {
        if (Text(key) is not { } text)
        {
            return null;
        }
        if (Scalars.TryInstant(text, out var instant))
        {
            return instant;
        }
        Problem(key, $"{path}{key} is not an instant", "write date, time and offset, such as 2026-11-21T08:00:00Z");
        return null;
    }

    /// <summary>One of the given names; null when missing or wrong.</summary>
    public T? Choice<T>(string key, IReadOnlyDictionary<string, T> choices)
        where T : struct
    {
        if (Text(key) is not { } text)
        {
            return null;
        }
        if (choices.TryGetValue(text, out var chosen))
        {
            return chosen;
        }
        Problem(key, $"{path}{key} cannot be \"{text}\"", Spelling.Remedy(text, choices.Keys));
        return null;
    }

    public Uri? Address(string key)
    {
        if (Text(key) is not { } text)
        {
            return null;
        }
        if (Uri.TryCreate(text, UriKind.Absolute, out var address) && (address.Scheme == Uri.UriSchemeHttps || address.Scheme == Uri.UriSchemeHttp))
        {
            return address;
        }
        Problem(key, $"{path}{key} is not a web address", "write it in full, such as https://login.example");
        return null;
    }

    public Section? Child(string key)
    {
        switch (Take(key))
        {
            case null:
                return null;
            case ConfigurationNode.Map child:
                return new Section(child, $"{path}{key}.", problems);
            default:
                Problem(key, $"{path}{key} is not a map", "write keys below it, or {key: value, ...}");
                return null;
        }
    }

    /// <summary>The maps of a list, each as a section named by its place: <c>rules[2].</c></summary>
    public IEnumerable<Section> Children(string key)
    {
        switch (Take(key))
        {
            case null:
                yield break;
            case ConfigurationNode.List list:
                for (var i = 0; i < list.Items.Length; i++)
                {
                    if (list.Items[i] is ConfigurationNode.Map item)
                    {
                        yield return new Section(item, $"{path}{key}[{i + 1}].", problems);
                    }
                    else
                    {
                        problems.Add(list.Items[i].Line, $"{path}{key}[{i + 1}] is not a map", "write - {key: value, ...}");
                    }
                }
                break;
            default:
                Problem(key, $"{path}{key} is not a list", "write entries that begin with a dash");
                break;
        }
    }

    /// <summary>The entries of a map whose keys are names chosen by the operator.</summary>
    public ImmutableArray<ConfigurationNode.Entry> Entries(string key)
    {
        switch (Take(key))
        {
            case null:
                return [];
            case ConfigurationNode.Map child:
                return child.Entries;
            default:
                Problem(key, $"{path}{key} is not a map", "write NAME: value entries below it");
                return [];
        }
    }

    /// <summary>Notes every key nobody asked for. Called once everything was taken.</summary>
    public void Finish()
    {
        foreach (var entry in map.Entries)
        {
            if (!_known.Contains(entry.Key))
            {
                problems.Add(entry.Line, $"{path}{entry.Key} is not known", Spelling.Remedy(entry.Key, _known));
            }
        }
    }

    private ConfigurationNode.Entry? Find(string key)
    {
        foreach (var entry in map.Entries)
        {
            if (entry.Key == key)
            {
                return entry;
            }
        }
        return null;
    }

    private T InRange<T>(string key, T value, T least, T most, T whenWrong, Func<T, string> show)
        where T : IComparable<T>
    {
        if (value.CompareTo(least) >= 0 && value.CompareTo(most) <= 0)
        {
            return value;
        }
        Problem(key, $"{path}{key} is out of range", $"choose between {show(least)} and {show(most)}");
        return whenWrong;
    }

    private static string Show(TimeSpan duration) => duration switch
    {
        { TotalDays: >= 1 } => $"{duration.TotalDays:0.##}d",
        { TotalHours: >= 1 } => $"{duration.TotalHours:0.##}h",
        { TotalMinutes: >= 1 } => $"{duration.TotalMinutes:0.##}m",
        { TotalSeconds: >= 1 } or { Ticks: 0 } => $"{duration.TotalSeconds:0.##}s",
        _ => $"{duration.TotalMilliseconds:0}ms",
    };
}
