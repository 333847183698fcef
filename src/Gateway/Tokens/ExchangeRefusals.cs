using System.Globalization;
using Sallyport.Gateway.Identity;

namespace Sallyport.Gateway.Tokens;

/// <summary>Every refusal of the token endpoint: error code, reason, and a sentence that names the remedy.</summary>
public static class ExchangeRefusals
{
    /// <summary>RFC 8693 section 2.2.2 wants this code for every token that is invalid or not acceptable by policy.</summary>
    public const string InvalidRequest = "invalid_request";

    public static readonly ExchangeResult.Refused NotIssued = new(
        "unsupported_grant_type", "not-issued", "this gateway issues no tokens: have its operator add a section tokens: to its configuration");

    public static readonly ExchangeResult.Refused GrantType = new(
        "unsupported_grant_type", "wrong-grant-type", "the gateway only exchanges tokens: send grant_type=urn:ietf:params:oauth:grant-type:token-exchange");

    public static readonly ExchangeResult.Refused Form = new(
        InvalidRequest, "malformed-request", "the request is not a form with each parameter at most once: send application/x-www-form-urlencoded as RFC 8693 says");

    public static readonly ExchangeResult.Refused ForeignToken = new(
        "unsupported_token_type", "foreign-token", "the token is another issuer's: revoke it there");

    internal static readonly ExchangeResult.Refused NoSubject = new(
        InvalidRequest, "no-subject-token", "there is no subject_token: send the human's token, or the agent's own where it has no human");

    internal static readonly ExchangeResult.Refused TokenType = new(
        InvalidRequest, "wrong-token-type", $"a token type is not one that is exchanged here: use {ExchangeRequest.AccessTokenType} or {ExchangeRequest.JwtType}");

    internal static readonly ExchangeResult.Refused AlreadyDelegated = new(
        InvalidRequest, "already-delegated", "the subject token is another agent's already: send the human's own token as subject_token");

    internal static readonly ExchangeResult.Refused AgentAsSubject = new(
        InvalidRequest, "agent-as-subject", "the subject token is an agent's, and nobody acts for an agent: send the human's token as subject_token");

    internal static readonly ExchangeResult.Refused ActorNotAgent = new(
        InvalidRequest, "actor-not-agent", "the actor token is not an agent's own token of a configured issuer: send the workload's token as actor_token");

    internal static readonly ExchangeResult.Refused ActorName = new(
        InvalidRequest, "bad-actor-name", "the actor is not a name of its own: use up to 100 letters, digits and ._:/- other than the human's name");

    internal static readonly ExchangeResult.Refused NoDelegation = new(
        InvalidRequest, "no-delegation", "no delegation of the gateway's configuration lets this agent act for this human, or by itself: ask its operator");

    internal static readonly ExchangeResult.Refused NotRenewable = new(
        InvalidRequest, "not-renewable", "a human's own token of the gateway is not renewed: exchange a new token of the issuer (sallyport login)");

    internal static readonly ExchangeResult.Refused Replayed = new(
        InvalidRequest, "replayed", "this token can be exchanged once, and was: get a new one from its issuer");

    internal static readonly ExchangeResult.Refused NoTokenId = new(
        InvalidRequest, "no-token-id", "tokens of this issuer are exchanged once only, and this one has no jti to tell it by: have the issuer add it");

    internal static readonly ExchangeResult.Refused UnknownRun = new(
        InvalidRequest, "unknown-run", "there is no such run of yours: leave run_id out to begin a new one");

    internal static readonly ExchangeResult.Refused RunOver = new(
        InvalidRequest, "run-over", "the run is over: begin a new one with the human's token (sallyport login)");

    internal static ExchangeResult.Refused Target(string issuer) => new(
        "invalid_target", "wrong-target", $"tokens are for this gateway only: leave audience and resource out, or name {issuer}");

    internal static ExchangeResult.Refused TooLong(TimeSpan longest) => new(
        InvalidRequest,
        "lifetime-too-long",
        string.Create(CultureInfo.InvariantCulture, $"a token lives at most {longest.TotalSeconds:0} s here: ask for less, and renew it while the run lives"));

    internal static ExchangeResult.Refused BadToken(string which, string reason, AuthenticationResult.Refused refused) =>
        new(InvalidRequest, reason, $"{which}: {refused.Message}");
}
