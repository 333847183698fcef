using Microsoft.AspNetCore.Http.HttpResults;
using Sallyport.Api;
using Sallyport.Gateway.Identity;
using Sallyport.Server.Access;

namespace Sallyport.Server.Endpoints;

/// <summary>Who the token says is calling.</summary>
internal static class MeEndpoints
{
    public static void MapMe(this IEndpointRouteBuilder api)
    {
        api.MapGet(ApiRoutes.Me, Get).WithName("getMe").WithTags("identity");
        api.MapGet(ApiRoutes.Doors, static (DoorsResource doors) => TypedResults.Ok(doors)).WithName("getDoors").WithTags("identity");
    }

    public static CallerKind KindOf(PrincipalKind kind) => kind == PrincipalKind.Agent ? CallerKind.Agent : CallerKind.Human;

    private static Ok<CallerResource> Get(HttpContext context)
    {
        var caller = Caller.Of(context);
        return TypedResults.Ok(new CallerResource
        {
            Id = caller.Principal.Id,
            Kind = KindOf(caller.Principal.Kind),
            Name = caller.Principal.Name,
            Issuer = caller.Principal.Issuer,
            ClientId = caller.Principal.ClientId,
            OnBehalfOf = caller.Principal.OnBehalfOf,
            Run = caller.Principal.RunId,
            Groups = caller.Principal.Groups,
            Roles = caller.Roles,
            ExpiresAt = caller.Principal.ExpiresAt,
        });
    }
}
