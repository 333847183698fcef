using System.Security.Claims;
using Sallyport.Gateway.Identity;

namespace Sallyport.Server.Access;

/// <summary>The verified principal behind a request, as ASP.NET Core carries it.</summary>
internal sealed class Caller(Principal principal, IReadOnlyList<string> roles)
    : ClaimsPrincipal(new ClaimsIdentity(roles.Select(role => new Claim(ClaimTypes.Role, role)), BearerHandler.Scheme, ClaimTypes.Name, ClaimTypes.Role))
{
    public Principal Principal { get; } = principal;

    public IReadOnlyList<string> Roles { get; } = roles;

    /// <summary>The caller of an endpoint that requires authentication.</summary>
    public static Caller Of(HttpContext context) =>
        context.User as Caller ?? throw new InvalidOperationException("The endpoint does not require authentication.");

    /// <summary>Whether the caller may see what others asked for and did.</summary>
    public bool SeesEverything =>
        Roles.Contains(Access.Roles.Reviewer) || Roles.Contains(Access.Roles.Operator) || Roles.Contains(Access.Roles.Auditor);
}
