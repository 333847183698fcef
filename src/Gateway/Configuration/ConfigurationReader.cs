using System.Collections.Immutable;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Sallyport.Gateway.Configuration;

/// <summary>
/// Reads the file's YAML into nodes that know their lines. Only maps, lists and texts: anchors, aliases, tags and a second document
/// are problems, since each lets a file mean something else than it shows.
/// </summary>
internal sealed class ConfigurationReader(Problems problems)
{
    private const int MaxDepth = 16;

    private const string PlainYaml = "write maps, lists and texts only";

    /// <summary>The whole document, or null (with the problem noted) when it is no YAML, or empty.</summary>
    public ConfigurationNode? Read(string text)
    {
        try
        {
            var parser = new Parser(new Scanner(new StringReader(text)));
            parser.Consume<StreamStart>();
            if (!parser.TryConsume<DocumentStart>(out _))
            {
                problems.Add(1, "the file is empty", "start from samples/config/clinic.yaml");
                return null;
            }
            var root = ReadNode(parser, depth: 0);
            parser.Consume<DocumentEnd>();
            if (parser.TryConsume<DocumentStart>(out var second))
            {
                problems.Add(LineOf(second), "the file holds a second document", "keep one, and remove the --- between them");
            }
            return root;
        }
        catch (YamlException problem)
        {
            // The parser's own message may quote the file, so it is not repeated.
            problems.Add((int)Math.Max(1, problem.Start.Line), "the file is not valid YAML here", "check indentation, quotes and brackets");
            return null;
        }
    }

    private ConfigurationNode ReadNode(Parser parser, int depth)
    {
        if (depth > MaxDepth)
        {
            throw new YamlException(parser.Current!.Start, parser.Current.End, "too deep");
        }
        if (parser.TryConsume<AnchorAlias>(out var alias))
        {
            problems.Add(LineOf(alias), "an alias (*) stands here", PlainYaml);
            return new ConfigurationNode.Text("", LineOf(alias));
        }
        if (parser.Current is NodeEvent { Anchor.IsEmpty: false } or NodeEvent { Tag.IsEmpty: false })
        {
            problems.Add(LineOf(parser.Current), "an anchor (&) or a tag (!) stands here", PlainYaml);
        }
        if (parser.TryConsume<MappingStart>(out var map))
        {
            return new ConfigurationNode.Map(ReadEntries(parser, depth), LineOf(map));
        }
        if (parser.TryConsume<SequenceStart>(out var list))
        {
            var items = ImmutableArray.CreateBuilder<ConfigurationNode>();
            while (!parser.TryConsume<SequenceEnd>(out _))
            {
                items.Add(ReadNode(parser, depth + 1));
            }
            return new ConfigurationNode.List(items.ToImmutable(), LineOf(list));
        }
        var scalar = parser.Consume<Scalar>();
        return new ConfigurationNode.Text(scalar.Value, LineOf(scalar));
    }

    private ImmutableArray<ConfigurationNode.Entry> ReadEntries(Parser parser, int depth)
    {
        var entries = ImmutableArray.CreateBuilder<ConfigurationNode.Entry>();
        var lines = new Dictionary<string, int>(StringComparer.Ordinal);
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            var key = ReadNode(parser, depth + 1);
            var value = ReadNode(parser, depth + 1);
            if (key is not ConfigurationNode.Text { Value: var name })
            {
                problems.Add(key.Line, "a key has to be a text", PlainYaml);
            }
            else if (lines.TryGetValue(name, out var first))
            {
                problems.Add(key.Line, $"{name} stands here a second time", $"remove one; the first is on line {first}");
            }
            else
            {
                lines.Add(name, key.Line);
                entries.Add(new ConfigurationNode.Entry(name, key.Line, value));
            }
        }
        return entries.ToImmutable();
    }

    private static int LineOf(ParsingEvent parsed) => (int)parsed.Start.Line;
}
