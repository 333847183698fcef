namespace Sallyport.DevIssuer;

/// <summary>The people and programs of the demo, with their groups.</summary>
internal static class Directory
{
    public static readonly IReadOnlyDictionary<string, string[]> Agents = new Dictionary<string, string[]>(StringComparer.Ordinal)
    {
        ["agent-reporting"] = ["reporting-agents"],
        ["agent-records"] = ["records-agents"],
    };

    public static readonly IReadOnlyDictionary<string, string[]> People = new Dictionary<string, string[]>(StringComparer.Ordinal)
    {
        ["dana-developer"] = ["developers"],
        ["rita-reviewer"] = ["security-officers"],
        ["otto-operator"] = ["operators"],
        ["aude-auditor"] = ["auditors"],
    };
}
