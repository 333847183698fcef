using System.Text;

namespace Sallyport.EndToEnd.Clients;

/// <summary>What a client saw, scenario by scenario. Nothing in it depends on time, process or port.</summary>
internal sealed class Transcript
{
    private const string Heading = "== ";

    private readonly StringBuilder _text = new();

    public void Begin(string scenario) => _text.Append(Heading).Append(scenario).Append('\n');

    public void Show(params object?[] values) => _text.AppendJoin(" | ", values.Select(v => v ?? "null")).Append('\n');

    public IReadOnlyDictionary<string, string> Scenarios() => Parse(_text.ToString());

    public static IReadOnlyDictionary<string, string> Parse(string text) => text
        .Split(Heading, StringSplitOptions.RemoveEmptyEntries)
        .ToDictionary(part => part.Split('\n')[0].Trim(), part => part[(part.IndexOf('\n') + 1)..], StringComparer.Ordinal);
}
