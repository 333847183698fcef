using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Configuration;

/// <summary>Reads <c>rules:</c>. Every name in a rule has to exist, or the rule would silently never match.</summary>
internal static partial class RuleBinder
{
    private const int MaxRemedyLength = 300;

    /// <summary>Names that verdicts use themselves.</summary>
    private static readonly string[] Reserved = [GrantCheck.NoGrant, GrantCheck.NeverGranted, GrantCheck.SessionControlName, .. InferencePolicy.Limits];

    private static readonly Dictionary<string, RuleDecision> Decisions = new(StringComparer.Ordinal)
    {
        ["allow"] = RuleDecision.Allow,
        ["ask"] = RuleDecision.Ask,
        ["deny"] = RuleDecision.Deny,
    };

    private static readonly Dictionary<string, PrincipalKind> Kinds = new(StringComparer.Ordinal)
    {
        ["human"] = PrincipalKind.Human,
        ["agent"] = PrincipalKind.Agent,
    };

    /// <summary>Administration is always denied, so no rule is about it.</summary>
    private static readonly IEnumerable<string> Classes = PolicyNames.Classes.Where(c => c != PolicyNames.NameOf(CommandClass.Admin));

    public static ImmutableArray<Rule> Bind(Section root, Binding binding)
    {
        var rules = ImmutableArray.CreateBuilder<Rule>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var section in root.Children("rules"))
        {
            var rule = BindOne(section, binding);
            section.Finish();
            if (rule.Name.Length > 0 && !names.Add(rule.Name))
            {
                section.Problem("name", $"rule {rule.Name} stands here a second time", "give each rule its own name");
            }
            rules.Add(rule);
        }
        return rules.ToImmutable();
    }

    /// <summary>Takes the name of a rule or grant; null when missing or wrong.</summary>
    public static string? Name(Section section)
    {
        if (section.Text("name") is not { } name)
        {
            return null;
        }
        if (NameForm.IsMatch(name) && !Reserved.Contains(name))
        {
            return name;
        }
        section.Problem("name", $"{name} cannot be a name here", "use up to 64 lower-case letters, digits and -, beginning with a letter");
        return null;
    }

    private static Rule BindOne(Section section, Binding binding)
    {
        section.Require("name");
        section.Require("match");
        section.Require("verdict");
        var decision = section.Choice("verdict", Decisions) ?? RuleDecision.Deny;
        var rule = new Rule
        {
            Name = Name(section) ?? "",
            Match = section.Child("match") is { } match ? Match(match, binding) : new RuleMatch(),
            Decision = decision,
            Approvers = section.Names("approvers"),
            Hold = section.Duration("hold", TimeSpan.FromSeconds(30), TimeSpan.Zero, TimeSpan.FromMinutes(5)),
            Expires = section.Duration("expires", TimeSpan.FromMinutes(15), TimeSpan.FromSeconds(10), TimeSpan.FromDays(7)),
            Widen = Widen(section),
            DryRun = section.Flag("dryRun") ?? false,
            Remedy = section.Text("remedy"),
        };
        CheckAsk(section, rule);
        if (rule.Remedy is { Length: > MaxRemedyLength } || rule.Remedy?.Any(char.IsControl) == true)
        {
            section.Problem("remedy", "remedy is too long or holds control characters", $"write one sentence of at most {MaxRemedyLength} characters");
        }
        return rule;
    }

    private static void CheckAsk(Section section, Rule rule)
    {
        if (rule.DryRun && rule.Match.Classes.Length > 0 && !rule.Match.Classes.Contains(CommandClass.Write))
        {
            section.Problem("dryRun", "the rule matches no writes, and only writes have a dry run", "remove dryRun, or match class: write");
        }
        if (rule.Decision == RuleDecision.Ask)
        {
            section.Require("approvers");
            if (rule.Hold > rule.Expires)
            {
                section.Problem("hold", "hold is longer than expires", "let the request stay open at least as long as the command is held");
            }
            return;
        }
        foreach (var key in new[] { "approvers", "hold", "expires", "widen", "dryRun" })
        {
            if (section.Has(key))
            {
                section.Problem(key, $"{key} means nothing without verdict: ask", "remove it");
            }
        }
    }

    /// <summary><c>widen: {plan: TIME, run: TIME}</c>; what is left out is not allowed.</summary>
    private static Widening Widen(Section rule)
    {
        if (rule.Child("widen") is not { } section)
        {
            return default;
        }
        var widen = new Widening(Longest("plan"), Longest("run"));
        section.Finish();
        return widen;

        TimeSpan Longest(string scope) => section.Duration(scope, TimeSpan.Zero, TimeSpan.FromMinutes(1), Widening.Most);
    }

    private static RuleMatch Match(Section section, Binding binding)
    {
        var (phi, tags) = Phi(section, binding);
        var match = new RuleMatch
        {
            Classes = ClassesOf(section),
            Effects = EffectsOf(section),
            Unbounded = section.Flag("unbounded"),
            Schemas = section.Names("schemas"),
            Tables = binding.Tables(section, "tables"),
            Phi = phi,
            Tags = tags,
            Targets = Existing(section, "target", binding, binding.Targets, "target"),
            Principals = binding.Principals(section, "principals"),
            Kinds = KindsOf(section),
            Groups = Existing(section, "groups", binding, binding.Groups, "group"),
        };
        section.Finish();
        return match;
    }

    /// <summary><c>phi: true</c>, <c>phi: false</c>, or the tags it is about.</summary>
    private static (bool? Touches, ImmutableArray<string> Tags) Phi(Section section, Binding binding) =>
        section.Take("phi") is ConfigurationNode.Text { Value: "true" or "false" }
            ? (section.Flag("phi"), [])
            : (null, Existing(section, "phi", binding, binding.Tags, "tag"));

    internal static ImmutableArray<string> Existing(Section section, string key, Binding binding, HashSet<string> known, string kind) =>
        [.. section.Texts(key).Where(name => binding.Exists(name, known, kind)).Select(name => name.Value)];

    private static ImmutableArray<CommandClass> ClassesOf(Section section)
    {
        var classes = ImmutableArray.CreateBuilder<CommandClass>();
        foreach (var text in section.Texts("class"))
        {
            if (Classes.Contains(text.Value) && PolicyNames.TryParseClass(text.Value, out var commandClass))
            {
                classes.Add(commandClass);
            }
            else
            {
                var remedy = text.Value == "admin" ? "remove it: admin is always denied" : Spelling.Remedy(text.Value, Classes);
                section.Problems.Add(text.Line, $"class {text.Value} cannot be matched", remedy);
            }
        }
        return classes.ToImmutable();
    }

    private static Effects EffectsOf(Section section)
    {
        var effects = Effects.None;
        foreach (var text in section.Texts("effects"))
        {
            if (PolicyNames.TryParseEffect(text.Value, out var effect))
            {
                effects |= effect;
            }
            else
            {
                section.Problems.Add(text.Line, $"effect {text.Value} does not exist", Spelling.Remedy(text.Value, PolicyNames.AllEffects));
            }
        }
        return effects;
    }

    internal static ImmutableArray<PrincipalKind> KindsOf(Section section)
    {
        var kinds = ImmutableArray.CreateBuilder<PrincipalKind>();
        foreach (var text in section.Texts("kinds"))
        {
            if (Kinds.TryGetValue(text.Value, out var kind))
            {
                kinds.Add(kind);
            }
            else
            {
                section.Problems.Add(text.Line, $"kind {text.Value} does not exist", Spelling.Remedy(text.Value, Kinds.Keys));
            }
        }
        return kinds.ToImmutable();
    }

    [GeneratedRegex(@"\A[a-z][a-z0-9-]{0,63}\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 100)]
    private static partial Regex NameForm { get; }
}
