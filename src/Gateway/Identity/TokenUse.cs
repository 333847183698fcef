namespace Sallyport.Gateway.Identity;

/// <summary>What a token is shown for.</summary>
public enum TokenUse
{
    /// <summary>To come in: a session, a request to the API.</summary>
    Door,

    /// <summary>To be exchanged for a token of the gateway (RFC 8693).</summary>
    Exchange,
}
