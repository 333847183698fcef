using System.Collections.Immutable;
using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Configuration;

/// <summary>Reads <c>grants:</c>.</summary>
internal static class GrantBinder
{
    private static readonly string[] Grantable = ["read", "write", "ddl"];

    public static ImmutableArray<Grant> Bind(Section root, Binding binding)
    {
        var grants = ImmutableArray.CreateBuilder<Grant>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var section in root.Children("grants"))
        {
            var grant = BindOne(section, binding, fallbackName: $"grant-{grants.Count + 1}");
            section.Finish();
            if (!names.Add(grant.Name))
            {
                section.Problem("name", $"grant {grant.Name} stands here a second time", "give each grant its own name");
            }
            grants.Add(grant);
        }
        return grants.ToImmutable();
    }

    private static Grant BindOne(Section section, Binding binding, string fallbackName)
    {
        var groups = section.Names("groups");
        var principals = binding.Principals(section, "principals");
        binding.Groups.UnionWith(groups);
        if (!section.Has("groups") && !section.Has("principals"))
        {
            section.Problems.Add(section.Line, "the grant is for nobody", "add groups: [...] or principals: [...]");
        }
        var grant = new Grant
        {
            Name = RuleBinder.Name(section) ?? fallbackName,
            Target = Target(section, binding),
            Groups = groups,
            Principals = principals,
            Allow = Allow(section),
            Schemas = section.Names("schemas"),
            Tables = binding.Tables(section, "tables"),
            From = section.Instant("from"),
            Until = section.Instant("until"),
        };
        if (grant.From >= grant.Until)
        {
            section.Problem("until", "until is not after from", "give the grant some time");
        }
        return grant;
    }

    private static string Target(Section section, Binding binding)
    {
        section.Require("target");
        var targets = section.Texts("target");
        if (targets.Length > 1)
        {
            section.Problem("target", "a grant is for one target", "write one grant for each");
        }
        return targets.Length > 0 && binding.Exists(targets[0], binding.Targets, "target") ? targets[0].Value : "";
    }

    private static ImmutableArray<CommandClass> Allow(Section section)
    {
        section.Require("allow");
        var allow = ImmutableArray.CreateBuilder<CommandClass>();
        foreach (var text in section.Texts("allow"))
        {
            if (Grantable.Contains(text.Value) && PolicyNames.TryParseClass(text.Value, out var commandClass))
            {
                allow.Add(commandClass);
            }
            else
            {
                var remedy = text.Value == "session" ? "remove it: any grant opens session control" : Spelling.Remedy(text.Value, Grantable);
                section.Problems.Add(text.Line, $"{text.Value} cannot be granted", remedy);
            }
        }
        return allow.ToImmutable();
    }
}
