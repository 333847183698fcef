using System.Globalization;

namespace Sallyport.Gateway.Identity;

/// <summary>The sentence of every refusal: what is wrong and what to do. They hold times and configured names, never any part of the token.</summary>
internal static class Refusal
{
    private const string NewToken = "get a new one: sallyport login";

    public static readonly AuthenticationResult.Refused NoToken =
        new(AuthenticationFailure.NoToken, $"no token given: send an access token as the password; {NewToken}");

    public static readonly AuthenticationResult.Refused Malformed =
        new(AuthenticationFailure.MalformedToken, $"the password is not an access token (a JWT of three parts); {NewToken}");

    public static readonly AuthenticationResult.Refused Critical =
        new(AuthenticationFailure.MalformedToken, $"the token demands an extension (crit) that the gateway does not know; {NewToken}");

    public static readonly AuthenticationResult.Refused WrongType =
        new(AuthenticationFailure.WrongType, $"the token is not an access token (an ID, refresh or logout token cannot sign in here); {NewToken}");

    public static readonly AuthenticationResult.Refused BadSignature =
        new(AuthenticationFailure.BadSignature, $"the token's signature is wrong: it was changed or cut on its way; {NewToken}");

    public static readonly AuthenticationResult.Refused MissingExpiry =
        new(AuthenticationFailure.MissingExpiry, "the token never expires (no exp); have the issuer give tokens a lifetime");

    public static readonly AuthenticationResult.Refused Revoked =
        new(AuthenticationFailure.Revoked, $"the token has been revoked; {NewToken}");

    public static readonly AuthenticationResult.Refused Disabled =
        new(AuthenticationFailure.PrincipalDisabled, "your access to this gateway is disabled, and no token changes that; ask an operator of the gateway");

    public static readonly AuthenticationResult.Refused ForExchangeOnly = new(
        AuthenticationFailure.ForExchangeOnly, "tokens of this issuer open no door: exchange it for a token of the gateway first (sallyport login --ci, --k8s or --spiffe)");

    public static readonly AuthenticationResult.Refused CertificateNotShown = new(
        AuthenticationFailure.CertificateNotShown,
        "the token is bound to a client certificate, which this connection did not show: connect with that certificate and its key (sslcert, sslkey)");

    public static readonly AuthenticationResult.Refused NoCertificate = new(
        AuthenticationFailure.CertificateNotShown, "no client certificate was shown: connect with one and its key (sslcert, sslkey), or send a token as the password");

    public static readonly AuthenticationResult.Refused CertificateNotTrusted = new(
        AuthenticationFailure.CertificateNotTrusted, "the client certificate is not of an authority that signs people or agents in here, or does not count now; get another one, or send a token as the password");

    public static readonly AuthenticationResult.Refused CertificateName = new(
        AuthenticationFailure.ClaimsNotAccepted, "the client certificate does not name exactly one principal where the gateway looks for it; have its authority issue another one");

    public static readonly AuthenticationResult.Refused MissingSubject =
        new(AuthenticationFailure.MissingSubject, "the token names nobody (no sub); have the issuer put a subject into its access tokens");

    public static AuthenticationResult.Refused TooLong(int limit) =>
        new(AuthenticationFailure.TokenTooLong, $"the token is longer than {limit} bytes; ask for one with fewer groups or claims");

    public static AuthenticationResult.Refused Algorithm(IEnumerable<string> allowed) =>
        new(AuthenticationFailure.AlgorithmNotAllowed, $"the token is not signed by an allowed algorithm ({string.Join(", ", allowed)}); {NewToken}");

    public static AuthenticationResult.Refused UnknownIssuer(IEnumerable<string> trusted) =>
        new(AuthenticationFailure.UnknownIssuer, $"the token comes from an issuer that is not trusted here; get one from {string.Join(" or ", trusted)}: sallyport login");

    public static AuthenticationResult.Refused UnknownKey() =>
        new(
            AuthenticationFailure.UnknownKey,
            $"the token is signed by a key its issuer does not publish; {NewToken}, or try again in {KeySource.UnknownKeyInterval.TotalSeconds:0} s if the issuer has just changed its keys");

    public static AuthenticationResult.Refused WrongAudience(IEnumerable<string> audiences) =>
        new(AuthenticationFailure.WrongAudience, $"the token is meant for another service; get one for audience {string.Join(" or ", audiences)}: sallyport login");

    public static AuthenticationResult.Refused Expired(DateTimeOffset at) =>
        new(AuthenticationFailure.Expired, $"token expired at {Text(at)}; {NewToken}");

    public static AuthenticationResult.Refused NotYetValid(DateTimeOffset at) =>
        new(AuthenticationFailure.NotYetValid, $"the token is valid from {Text(at)} only; wait until then, or check the clocks of the issuer and of this gateway");

    public static AuthenticationResult.Refused Claims(string problem) =>
        new(AuthenticationFailure.ClaimsNotAccepted, $"the token's claims cannot be used: {problem}; have the issuer change its access tokens");

    public static AuthenticationResult.Refused Unavailable(string issuer) =>
        new(AuthenticationFailure.IssuerUnavailable, $"the token cannot be checked, because issuer {issuer} does not give its keys; try again in {KeySource.RetryInterval.TotalSeconds:0} s, or tell an operator");

    private static string Text(DateTimeOffset at) => at.ToUniversalTime().ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
}
