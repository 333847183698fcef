using System.Collections.Immutable;
using Sallyport.Gateway.Identity;

namespace Sallyport.Gateway.Policy;

/// <summary>The configuration's <c>access:</c> and <c>breakGlass:</c>.</summary>
public sealed record AccessRules
{
    /// <summary>Nobody may ask for anything.</summary>
    public static readonly AccessRules None = new();

    public ImmutableArray<AccessRule> Rules { get; init; } = [];

    public ImmutableArray<BreakGlassRule> BreakGlass { get; init; } = [];

    /// <summary>The first rule that takes the request; else null and one sentence that says what none of them gives.</summary>
    public AccessRule? Find(Principal principal, AccessAsk ask, DateTimeOffset now, out string refusal)
    {
        refusal = "";
        foreach (var rule in Rules)
        {
            if (!rule.IsFor(principal, ask.Target))
            {
                continue;
            }
            if (rule.Refusal(ask, now) is not { } reason)
            {
                return rule;
            }
            refusal = refusal.Length == 0 ? reason : $"{refusal}; {reason}";
        }
        // The same sentence whether the target exists or not: names of targets are not for strangers.
        refusal = refusal.Length == 0 ? $"no access rule lets {principal.Name} ask for target \"{ask.Target}\"" : refusal;
        return null;
    }

    /// <summary>The rule of a name, or null when it is gone.</summary>
    public AccessRule? Find(string name) => Rules.FirstOrDefault(rule => rule.Name == name);
}
