namespace Sallyport.Gateway.Identity;

/// <summary>Names of claims that only the gateway's own tokens have.</summary>
internal static class GatewayClaims
{
    /// <summary>The issuer that vouches for <c>sub</c>: without it two issuers' "alice" would be one person.</summary>
    public const string SubjectIssuer = "sub_iss";
}
