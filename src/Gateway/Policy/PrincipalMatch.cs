using Sallyport.Gateway.Identity;

namespace Sallyport.Gateway.Policy;

/// <summary>
/// Names one principal in a grant or rule: by its opaque id (<c>p_...</c>), or by its name (client id of an agent, subject of a human).
/// </summary>
/// <param name="Name">The id or the name.</param>
/// <param name="Issuer">The issuer the name belongs to; null when only one issuer is trusted. Two issuers may both know an "alice".</param>
public readonly record struct PrincipalMatch(string Name, string? Issuer)
{
    public bool Matches(Principal principal) =>
        principal.Id == Name
        || (principal.Name == Name && (Issuer is null || Issuer == principal.Issuer));
}
