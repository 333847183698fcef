namespace Sallyport.Gateway.Identity;

/// <summary>The outcome of checking one token.</summary>
public abstract record AuthenticationResult
{
    private AuthenticationResult()
    {
    }

    public sealed record Accepted(Principal Principal) : AuthenticationResult;

    /// <param name="Failure">The reason, recorded and counted.</param>
    /// <param name="Message">One sentence for the caller that names the remedy; never holds any part of the token.</param>
    public sealed record Refused(AuthenticationFailure Failure, string Message) : AuthenticationResult;
}

/// <summary>Why a token was refused. The names appear in the ledger in kebab case.</summary>
public enum AuthenticationFailure
{
    NoToken,
    TokenTooLong,
    MalformedToken,
    WrongType,
    AlgorithmNotAllowed,
    UnknownIssuer,
    UnknownKey,
    BadSignature,
    WrongAudience,
    MissingExpiry,
    Expired,
    NotYetValid,
    MissingSubject,
    ClaimsNotAccepted,
    IssuerUnavailable,
    Revoked,
    ForExchangeOnly,
    CertificateNotShown,
    PrincipalDisabled,
    CertificateNotTrusted,
}
