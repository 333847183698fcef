using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Configuration;

/// <summary>Reads <c>functions:</c>: the user functions of each target that somebody has read and vouches for.</summary>
internal static partial class FunctionsBinder
{
    private static readonly Dictionary<string, FunctionTrust> Trusts =
        Enum.GetValues<FunctionTrust>().ToDictionary(trust => PolicyNames.Kebab(trust.ToString()), StringComparer.Ordinal);

    public static Dictionary<string, ImmutableArray<DeclaredFunction>> Bind(Section root, Binding binding)
    {
        var functions = new Dictionary<string, ImmutableArray<DeclaredFunction>>(StringComparer.Ordinal);
        foreach (var target in root.Entries("functions"))
        {
            if (!binding.Exists(new ConfigurationNode.Text(target.Key, target.Line), binding.Targets, "target"))
            {
                continue;
            }

            var declared = target.Value is ConfigurationNode.Map map
                ? map.Entries.Select(entry => Pinned(entry, binding))
                : (target.Value is ConfigurationNode.List list ? list.Items : [target.Value]).Select(item => Named(item, binding));
            functions[target.Key] = [.. declared.OfType<DeclaredFunction>()];
        }

        return functions;
    }

    /// <summary>The short form: a name, trusted to depend on its arguments only.</summary>
    private static DeclaredFunction? Named(ConfigurationNode item, Binding binding)
    {
        if (item is ConfigurationNode.Text text && DeclaredFunction.TryParse(text.Value, FunctionTrust.Pure, sha256: null, out var function))
        {
            return function;
        }

        binding.Problems.Add(item.Line, "this is not a function's name", "write schema.function or schema.function(type, type)");
        return null;
    }

    private static DeclaredFunction? Pinned(ConfigurationNode.Entry entry, Binding binding)
    {
        if (entry.Value is not ConfigurationNode.Map map)
        {
            binding.Problems.Add(entry.Line, $"{entry.Key} has no verdict", "write {verdict: pure, sha256: ...} behind it");
            return null;
        }

        var section = new Section(map, $"{entry.Key}: ", binding.Problems);
        section.Require("verdict");
        section.Require("sha256");
        var trust = section.Choice("verdict", Trusts);
        var sha256 = section.Text("sha256");
        section.Finish();
        if (sha256 is not null && !DigestForm.IsMatch(sha256))
        {
            section.Problem("sha256", $"the sha256 of {entry.Key} is not one", "write 64 hexadecimal digits of lower case; a refusal of the function shows them");
            return null;
        }

        if (!DeclaredFunction.TryParse(entry.Key, trust ?? FunctionTrust.Tainting, sha256, out var function) || function.Arguments is null)
        {
            binding.Problems.Add(entry.Line, $"{entry.Key} is not a function's signature", "write schema.function(type, type)");
            return null;
        }

        return trust is null || sha256 is null ? null : function;
    }

    [GeneratedRegex(@"\A[0-9a-f]{64}\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 100)]
    private static partial Regex DigestForm { get; }
}
