using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Sessions;
using Sallyport.Server.Endpoints;

namespace Sallyport.Server.Access;

/// <summary>Checks a token by the gateway's authenticator, and records a refusal.</summary>
/// <param name="token">As it was sent.</param>
/// <param name="clientAddress">Address without a port.</param>
/// <param name="certificate">SHA-256 of the client's certificate, base64url, or empty.</param>
/// <param name="cancellationToken">Gives up.</param>
internal delegate ValueTask<AuthenticationResult> TokenCheck(string token, string clientAddress, string certificate, CancellationToken cancellationToken);

/// <summary>Bearer tokens (RFC 6750, header only) checked by the gateway's own authenticator, answered with problem details.</summary>
internal sealed class BearerHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    ILoggerFactory logger,
    UrlEncoder encoder,
    TokenCheck check,
    Func<RoleMap> roles,
    GatewayMetrics metrics) : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public new const string Scheme = "Bearer";

    private const string Prefix = Scheme + " ";

    private AuthenticationResult.Refused _refusal = new(
        AuthenticationFailure.NoToken, "The request has no bearer token in its Authorization header.");

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var header = Request.Headers.Authorization;
        if (header.Count != 1 || header[0] is not { } value || !value.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
        {
            return AuthenticateResult.NoResult();
        }
        var address = Context.Connection.RemoteIpAddress?.ToString() ?? "";
        switch (await check(value[Prefix.Length..].Trim(), address, ClientCertificate.ThumbprintOf(Context), Context.RequestAborted))
        {
            case AuthenticationResult.Accepted accepted:
                var caller = new Caller(accepted.Principal, roles().RolesOf(accepted.Principal));
                return AuthenticateResult.Success(new AuthenticationTicket(caller, Scheme));
            case AuthenticationResult.Refused refused:
                _refusal = refused;
                metrics.AuthenticationFailed(refused.Failure);
                return AuthenticateResult.Fail(refused.Failure.ToString());
            default:
                throw new InvalidOperationException("The authenticator gave neither a principal nor a reason.");
        }
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        // RFC 6750, section 3.1: no error code where no token was sent.
        var challenge = _refusal.Failure == AuthenticationFailure.NoToken ? "Bearer realm=\"sallyport\"" : "Bearer realm=\"sallyport\", error=\"invalid_token\"";
        // Where a client may look for a token by itself (RFC 9728, section 5.1).
        var where = Context.GetEndpoint()?.Metadata.GetMetadata<ResourceChallenge>() is { } resource ? ", " + resource.Parameter(Context) : "";
        Response.Headers[HeaderNames.WWWAuthenticate] = challenge + where;
        return Problems.Unauthenticated(_refusal.Message).ExecuteAsync(Context);
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) =>
        Problems.Forbidden("Your groups do not give you the role that this needs.").ExecuteAsync(Context);
}
