using Sallyport.Gateway.Identity;

namespace Sallyport.Gateway.Policy;

/// <summary>
/// Names one principal in a grant or rule: by its opaque id, or by its name (client id of an agent, subject of a human). The two are
/// apart, because an issuer may let somebody choose a subject that looks like another's id.
/// </summary>
public sealed record PrincipalMatch
{
    /// <summary>The opaque id, <c>p_...</c>; when set, nothing else counts.</summary>
    public string? Id { get; init; }

    public string? Name { get; init; }

    /// <summary>The issuer the name belongs to; null when only one is trusted. Two issuers may both know an "alice".</summary>
    public string? Issuer { get; init; }

    /// <summary>The kind the name belongs to; null for either. An agent and a human may have the same name.</summary>
    public PrincipalKind? Kind { get; init; }

    public bool Matches(Principal principal)
    {
        if (Id is not null)
        {
            return principal.Id == Id;
        }
        return principal.Name == Name
            && (Issuer is null || Vouching(principal) == Issuer)
            && (Kind is null || principal.Kind == Kind);
    }

    /// <summary>An agent may come from another issuer than the human it acts for; its name is that issuer's.</summary>
    private static string Vouching(Principal principal) => principal.AgentIssuer.Length > 0 ? principal.AgentIssuer : principal.Issuer;
}
