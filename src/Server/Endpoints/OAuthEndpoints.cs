using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Sallyport.Api;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Sessions;
using Sallyport.Gateway.Tokens;
using Sallyport.Server.Access;

namespace Sallyport.Server.Endpoints;

/// <summary>
/// The gateway as an issuer of tokens: token exchange (RFC 8693), revocation (RFC 7009), metadata (RFC 8414, OpenID Connect Discovery) and
/// keys (RFC 7517). Nobody is signed in here; the tokens in the request are the proof.
/// </summary>
internal static class OAuthEndpoints
{
    private const string ExchangeGrant = "urn:ietf:params:oauth:grant-type:token-exchange";

    public static void MapOAuth(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet(ApiRoutes.OpenIdConfiguration, Metadata).AllowAnonymous().ExcludeFromDescription();
        endpoints.MapGet(ApiRoutes.OAuthMetadata, Metadata).AllowAnonymous().ExcludeFromDescription();
        endpoints.MapGet(ApiRoutes.OAuthKeys, Keys).AllowAnonymous().ExcludeFromDescription();
        endpoints.MapPost(ApiRoutes.OAuthToken, ExchangeAsync).AllowAnonymous().ExcludeFromDescription()
            .WithMetadata(new RequestSizeLimitAttribute(OAuthForm.MaxBytes)).RequireRateLimiting(RequestRate.SignIn);
        endpoints.MapPost(ApiRoutes.OAuthRevocation, RevokeAsync).AllowAnonymous().ExcludeFromDescription()
            .WithMetadata(new RequestSizeLimitAttribute(OAuthForm.MaxBytes)).RequireRateLimiting(RequestRate.SignIn);
    }

    private static Results<JsonHttpResult<OAuthMetadataResource>, JsonHttpResult<ApiProblem>> Metadata(TokenExchanger exchanger) => exchanger.IsOpen
        ? TypedResults.Json(
            new OAuthMetadataResource
            {
                Issuer = exchanger.Issuer,
                TokenEndpoint = exchanger.Issuer + ApiRoutes.OAuthToken,
                RevocationEndpoint = exchanger.Issuer + ApiRoutes.OAuthRevocation,
                KeysAddress = exchanger.Issuer + ApiRoutes.OAuthKeys,
                GrantTypes = [ExchangeGrant],
            },
            OAuthJson.Default.OAuthMetadataResource)
        : NotIssued();

    private static Results<ContentHttpResult, JsonHttpResult<ApiProblem>> Keys(TokenExchanger exchanger) => exchanger.IsOpen
        ? TypedResults.Text(exchanger.Keys.Document, "application/json")
        : NotIssued();

    private static JsonHttpResult<ApiProblem> NotIssued() => Problems.NotFound("This gateway issues no tokens: its configuration has no section tokens.");

    private static async Task<IResult> ExchangeAsync(HttpContext context, TokenExchanger exchanger)
    {
        var address = context.Connection.RemoteIpAddress?.ToString() ?? "";
        if (await OAuthForm.ReadAsync(context) is not { } form || !TryReadLifetime(form, out var lifetime))
        {
            return await RefuseAsync(exchanger, ExchangeRefusals.Form, address);
        }
        if (form.Get("grant_type") != ExchangeGrant)
        {
            return await RefuseAsync(exchanger, ExchangeRefusals.GrantType, address);
        }
        var request = new ExchangeRequest
        {
            SubjectToken = form.Get("subject_token"),
            SubjectTokenType = form.Get("subject_token_type"),
            ActorToken = form.Get("actor_token"),
            ActorTokenType = form.Get("actor_token_type"),
            RequestedTokenType = form.Get("requested_token_type"),
            Audiences = [.. form.All("audience"), .. form.All("resource")],
            DeclaredActor = form.Get("actor"),
            Lifetime = lifetime,
            RunId = form.Get("run_id"),
            ClientAddress = address,
            Certificate = ClientCertificate.ThumbprintOf(context),
        };
        return await exchanger.ExchangeAsync(request, context.RequestAborted) switch
        {
            ExchangeResult.Issued issued => TypedResults.Json(
                new TokenResource
                {
                    AccessToken = issued.Token,
                    ExpiresInSeconds = (long)issued.Lifetime.TotalSeconds,
                    RunId = issued.RunId.Length > 0 ? issued.RunId : null,
                },
                OAuthJson.Default.TokenResource),
            ExchangeResult.Refused refused => Refusal(refused),
            _ => throw new InvalidOperationException("unknown result"),
        };
    }

    /// <summary>Whole seconds, at least one.</summary>
    private static bool TryReadLifetime(OAuthForm form, out TimeSpan? lifetime)
    {
        lifetime = null;
        var text = form.Get("expires_in");
        if (text.Length == 0)
        {
            return true;
        }
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) || seconds == 0)
        {
            return false;
        }
        lifetime = TimeSpan.FromSeconds(seconds);
        return true;
    }

    /// <summary>RFC 7009: whoever holds a token may end it. A token that is none, or has ended, is as good as revoked.</summary>
    private static async Task<IResult> RevokeAsync(HttpContext context, TokenExchanger exchanger, TokenRevoker revoker, Authenticator authenticator, GatewayMetrics metrics)
    {
        if (await OAuthForm.ReadAsync(context) is not { } form || form.Get("token").Length == 0)
        {
            return await RefuseAsync(exchanger, ExchangeRefusals.Form, context.Connection.RemoteIpAddress?.ToString() ?? "");
        }
        var result = await authenticator.AuthenticateAsync(form.Get("token"), TokenUse.Exchange, ClientCertificate.ThumbprintOf(context), context.RequestAborted);
        switch (result)
        {
            case AuthenticationResult.Accepted { Principal: { IsGatewayToken: true } principal }:
                await revoker.RevokeTokenAsync(principal, principal);
                return TypedResults.Ok();
            case AuthenticationResult.Accepted:
                return Refusal(ExchangeRefusals.ForeignToken);
            case AuthenticationResult.Refused refused:
                metrics.AuthenticationFailed(refused.Failure);
                return TypedResults.Ok();
            default:
                throw new InvalidOperationException("unknown authentication result");
        }
    }

    private static async Task<IResult> RefuseAsync(TokenExchanger exchanger, ExchangeResult.Refused refused, string address)
    {
        await exchanger.RefusedAsync(refused, address);
        return Refusal(refused);
    }

    private static JsonHttpResult<OAuthErrorResource> Refusal(ExchangeResult.Refused refused) => TypedResults.Json(
        new OAuthErrorResource { Error = refused.Error, Description = refused.Message, Reason = refused.Reason },
        OAuthJson.Default.OAuthErrorResource,
        statusCode: StatusCodes.Status400BadRequest);
}
