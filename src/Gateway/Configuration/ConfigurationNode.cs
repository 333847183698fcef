using System.Collections.Immutable;

namespace Sallyport.Gateway.Configuration;

/// <summary>A part of the file, with the line it begins on.</summary>
internal abstract record ConfigurationNode(int Line)
{
    public sealed record Text(string Value, int Line) : ConfigurationNode(Line);

    public sealed record List(ImmutableArray<ConfigurationNode> Items, int Line) : ConfigurationNode(Line);

    public sealed record Map(ImmutableArray<Entry> Entries, int Line) : ConfigurationNode(Line);

    public readonly record struct Entry(string Key, int Line, ConfigurationNode Value);
}
