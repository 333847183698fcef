using System.Collections.Immutable;
using System.Globalization;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Configuration;

/// <summary>Reads <c>access:</c>: who may ask for what, and who decides.</summary>
internal static class AccessBinder
{
    private static readonly TimeSpan LongestAccess = TimeSpan.FromDays(30);

    private static readonly Dictionary<string, bool> Verdicts = new(StringComparer.Ordinal) { ["ask"] = false, ["auto"] = true };

    private static readonly Dictionary<string, PrincipalKind> Kinds = new(StringComparer.Ordinal)
    {
        ["human"] = PrincipalKind.Human,
        ["agent"] = PrincipalKind.Agent,
    };

    private static readonly Dictionary<string, DayOfWeek> Days = Enum.GetValues<DayOfWeek>().ToDictionary(day => day.ToString()[..3].ToLowerInvariant(), StringComparer.Ordinal);

    public static AccessRules Bind(Section root, Binding binding, IReadOnlyCollection<TargetPolicy> facts)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        return new AccessRules
        {
            Rules = [.. root.Children("access").Select(section => Named(section, BindOne(section, binding, facts), static rule => rule.Name, names))],
            BreakGlass = [.. root.Children("breakGlass").Select(section => Named(section, BreakGlass(section, binding, facts), static rule => rule.Name, names))],
        };
    }

    /// <summary>The groups of people who decide or review.</summary>
    public static IEnumerable<string> Deciders(AccessRules rules) =>
        rules.Rules.SelectMany(static rule => rule.ApproverGroups).Concat(rules.BreakGlass.SelectMany(static rule => rule.Reviewers));

    private static T Named<T>(Section section, T rule, Func<T, string> nameOf, HashSet<string> names)
    {
        section.Finish();
        if (nameOf(rule).Length > 0 && !names.Add(nameOf(rule)))
        {
            section.Problem("name", $"access rule {nameOf(rule)} stands here a second time", "give each its own name");
        }
        return rule;
    }

    private static AccessRule BindOne(Section section, Binding binding, IReadOnlyCollection<TargetPolicy> facts)
    {
        section.Require("name");
        section.Require("target");
        section.Require("maxDuration");
        if (!section.Has("groups") && !section.Has("principals"))
        {
            section.Problems.Add(section.Line, "nobody may ask by this access rule", "add groups: [...] or principals: [...]");
        }
        var targets = section.Texts("target").Where(name => binding.Exists(name, binding.Targets, "target")).Select(static name => name.Value).ToImmutableArray();
        var approvers = Approvers(section);
        var rule = new AccessRule
        {
            Name = RuleBinder.Name(section) ?? "",
            Groups = section.Names("groups"),
            Principals = binding.Principals(section, "principals"),
            Kinds = [.. section.Texts("kinds").Select(text => Kind(section, text)).OfType<PrincipalKind>()],
            Targets = targets,
            Most = Scope(section, binding, facts, targets),
            Approvers = approvers,
            Quorum = section.Number("quorum", Math.Max(1, approvers.Length), 1, AccessRule.MaxQuorum),
            IsAutomatic = section.Choice("verdict", Verdicts) ?? false,
            MaxLength = section.Duration("maxDuration", TimeSpan.FromHours(1), TimeSpan.FromSeconds(1), LongestAccess),
            Expires = section.Duration("expires", TimeSpan.FromHours(1), TimeSpan.FromSeconds(10), TimeSpan.FromDays(7)),
            Hours = section.Child("hours") is { } hours ? Hours(hours) : null,
        };
        binding.Groups.UnionWith(rule.Groups);
        if (rule.Quorum < rule.Approvers.Length)
        {
            section.Problem("quorum", "quorum is smaller than the number of groups that all have to agree", "no person counts for two of them: leave quorum out, or raise it");
        }
        CheckDecision(section, rule);
        return rule;
    }

    private static BreakGlassRule BreakGlass(Section section, Binding binding, IReadOnlyCollection<TargetPolicy> facts)
    {
        foreach (var key in new[] { "name", "groups", "target", "duration", "reviewers" })
        {
            section.Require(key);
        }
        var targets = section.Texts("target").Where(name => binding.Exists(name, binding.Targets, "target")).Select(static name => name.Value).ToImmutableArray();
        if (targets.Length > 1)
        {
            section.Problem("target", "an emergency access is for one target", "write one for each");
        }
        var groups = section.Names("groups");
        binding.Groups.UnionWith(groups);
        return new BreakGlassRule
        {
            Name = RuleBinder.Name(section) ?? "",
            Groups = groups,
            Target = targets.FirstOrDefault() ?? "",
            Scope = Scope(section, binding, facts, targets),
            Length = section.Duration("duration", TimeSpan.FromHours(1), TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)),
            Reviewers = section.Names("reviewers"),
            ReviewWithin = section.Duration("reviewWithin", TimeSpan.FromHours(24), TimeSpan.FromMinutes(1), TimeSpan.FromDays(30)),
        };
    }

    /// <summary>A flat list is one requirement, any of its groups; a list of lists is one requirement for each.</summary>
    private static ImmutableArray<ImmutableArray<string>> Approvers(Section section)
    {
        if (section.Take("approvers") is not ConfigurationNode.List { Items: var items } || !items.Any(static item => item is ConfigurationNode.List))
        {
            var flat = section.Names("approvers");
            return flat.IsEmpty ? [] : [flat];
        }
        var requirements = ImmutableArray.CreateBuilder<ImmutableArray<string>>();
        foreach (var item in items)
        {
            var groups = (item is ConfigurationNode.List inner ? inner.Items : [item])
                .Select(static group => (group as ConfigurationNode.Text)?.Value ?? "").ToImmutableArray();
            if (groups.IsEmpty || groups.Any(static group => group.Length == 0))
            {
                section.Problems.Add(item.Line, "a list of approvers is empty or holds something that is not a text", "write a list of lists of groups, such as [[security], [owners, dpo]]");
                continue;
            }
            requirements.Add(groups);
        }
        if (requirements.Count > AccessRule.MaxRequirements)
        {
            section.Problem("approvers", $"more than {AccessRule.MaxRequirements} groups have to agree", "ask fewer people");
        }
        return requirements.ToImmutable();
    }

    private static void CheckDecision(Section section, AccessRule rule)
    {
        if (!rule.IsAutomatic)
        {
            section.Require("approvers");
            return;
        }
        foreach (var key in new[] { "approvers", "quorum", "expires" })
        {
            if (section.Has(key))
            {
                section.Problem(key, $"{key} means nothing with verdict: auto", "remove it");
            }
        }
        // What nobody looks at may not change anything, nor show a protected value.
        if (rule.Most.Allow.Any(static allowed => allowed != CommandClass.Read))
        {
            section.Problem("allow", "only reading can be given without a person", "allow: [read], or verdict: ask");
        }
        if (!rule.Most.Unmasked.IsEmpty)
        {
            section.Problem("unmasked", "only people can let columns be read unmasked", "remove unmasked, or verdict: ask");
        }
    }

    private static AccessScope Scope(Section section, Binding binding, IReadOnlyCollection<TargetPolicy> facts, ImmutableArray<string> targets)
    {
        var scope = new AccessScope
        {
            Allow = GrantBinder.Allow(section),
            Schemas = section.Names("schemas"),
            Tables = binding.Tables(section, "tables"),
            Unmasked = GrantBinder.TaggedColumns(section, "unmasked", targets, facts),
        };
        GrantBinder.CheckUnmasked(section, binding, scope, targets);
        return scope;
    }

    private static PrincipalKind? Kind(Section section, ConfigurationNode.Text text)
    {
        if (Kinds.TryGetValue(text.Value, out var kind))
        {
            return kind;
        }
        section.Problems.Add(text.Line, $"kind {text.Value} does not exist", Spelling.Remedy(text.Value, Kinds.Keys));
        return null;
    }

    private static AccessHours Hours(Section section)
    {
        section.Require("from");
        section.Require("until");
        section.Require("zone");
        var days = ImmutableArray.CreateBuilder<DayOfWeek>();
        foreach (var text in section.Texts("days"))
        {
            if (Days.TryGetValue(text.Value, out var day))
            {
                days.Add(day);
            }
            else
            {
                section.Problems.Add(text.Line, $"day {text.Value} does not exist", Spelling.Remedy(text.Value, Days.Keys));
            }
        }
        var hours = new AccessHours(
            section.Has("days") ? days.ToImmutable() : [.. Enum.GetValues<DayOfWeek>()], Time(section, "from"), Time(section, "until"), Zone(section));
        section.Finish();
        return hours;
    }

    private static TimeOnly Time(Section section, string key)
    {
        if (section.Text(key) is not { } text)
        {
            return default;
        }
        if (!TimeOnly.TryParseExact(text, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time))
        {
            section.Problem(key, $"{key} is not a time of day", "write hours and minutes, such as \"07:30\"");
        }
        return time;
    }

    private static TimeZoneInfo Zone(Section section)
    {
        if (section.Text("zone") is not { } name)
        {
            return TimeZoneInfo.Utc;
        }
        if (TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone))
        {
            return zone;
        }
        section.Problem("zone", $"time zone {name} is not known to this machine", "write a name of the IANA database, such as Europe/Berlin, or UTC");
        return TimeZoneInfo.Utc;
    }
}
