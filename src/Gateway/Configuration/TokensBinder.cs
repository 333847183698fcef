using System.Collections.Immutable;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Tokens;

namespace Sallyport.Gateway.Configuration;

/// <summary>Reads <c>tokens:</c>, the tokens the gateway issues itself.</summary>
internal static class TokensBinder
{
    private static readonly TimeSpan LeastLifetime = TimeSpan.FromSeconds(10);

    /// <returns>Null without the section: no tokens are issued.</returns>
    public static TokenOptions? Bind(Section root, Binding binding, Uri publicUrl, ImmutableArray<IssuerOptions> identity)
    {
        if (root.Child("tokens") is not { } section)
        {
            CheckUses(root, identity);
            return null;
        }
        var standard = new TokenOptions();
        var longest = section.Duration("longestLifetime", standard.LongestLifetime, LeastLifetime, TokenOptions.MaxLifetime);
        var options = standard with
        {
            LongestLifetime = longest,
            Lifetime = section.Duration("lifetime", standard.Lifetime < longest ? standard.Lifetime : longest, LeastLifetime, longest),
            RunLifetime = section.Duration("runLifetime", standard.RunLifetime, TimeSpan.FromMinutes(1), TimeSpan.FromDays(7)),
            IsWithinSubject = section.Flag("withinSubject") ?? false,
            KeyRotation = section.Duration("keyRotation", standard.KeyRotation, TimeSpan.FromHours(1), TimeSpan.FromDays(365)),
            Delegations = Delegations(section, binding),
        };
        section.Finish();
        var own = NameOf(publicUrl);
        if (identity.Any(issuer => issuer.Issuer.TrimEnd('/') == own))
        {
            root.Problem("identity", $"issuer {own} is this gateway itself", "remove the entry: the gateway trusts its own tokens by tokens:");
        }
        return options;
    }

    /// <summary>The gateway's name as an issuer.</summary>
    public static string NameOf(Uri publicUrl) => publicUrl.AbsoluteUri.TrimEnd('/');

    private static void CheckUses(Section root, ImmutableArray<IssuerOptions> identity)
    {
        if (identity.Any(issuer => issuer.IsForExchangeOnly))
        {
            root.Problem("identity", "an issuer is for exchange only, and nothing is exchanged", "add tokens: {delegations: [...]}");
        }
    }

    private static ImmutableArray<Delegation> Delegations(Section section, Binding binding)
    {
        var delegations = ImmutableArray.CreateBuilder<Delegation>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var item in section.Children("delegations"))
        {
            var delegation = BindOne(item, binding, $"delegation-{delegations.Count + 1}");
            item.Finish();
            if (!names.Add(delegation.Name))
            {
                item.Problem("name", $"delegation {delegation.Name} stands here a second time", "give each delegation its own name");
            }
            delegations.Add(delegation);
        }
        return delegations.ToImmutable();
    }

    private static Delegation BindOne(Section section, Binding binding, string fallbackName)
    {
        var delegation = new Delegation
        {
            Name = RuleBinder.Name(section) ?? fallbackName,
            Agents = binding.Principals(section, "agents"),
            AgentGroups = section.Names("agentGroups"),
            Humans = section.Names("humans"),
            MayBeAlone = section.Flag("alone") ?? false,
            MayBeDeclared = section.Flag("declared") ?? false,
            Ceiling = section.Has("groups") ? section.Names("groups") : null,
        };
        if (!section.Has("agents") && !section.Has("agentGroups"))
        {
            section.Problems.Add(section.Line, "the delegation is for no agent", "add agents: [...] or agentGroups: [...]");
        }
        if (delegation.Humans.IsEmpty && !delegation.MayBeAlone)
        {
            section.Problems.Add(section.Line, "the delegation's agents act for nobody", "add humans: [GROUPS], or alone: true");
        }
        if (delegation is { MayBeDeclared: true, Humans.IsEmpty: true })
        {
            section.Problem("declared", "nobody is there to say who the agent is", "add humans: [GROUPS]");
        }
        return delegation;
    }
}
