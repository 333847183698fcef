using Sallyport.Gateway.Protocols.Postgres.Messages;
using Sallyport.Gateway.Protocols.Postgres.Sql;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>
/// How a client wants to sign in. A server has to choose before it knows what a client can do, and the protocol has no place to say it; so a client
/// says it in its options: <c>-c sallyport.auth=oauth</c>.
/// </summary>
internal static class SignInHint
{
    public const string Setting = "sallyport.auth";

    /// <returns>Null when the setting has a value that means nothing.</returns>
    public static SignInMethod? Read(StartupPacket.Startup startup, bool prefersOAuth)
    {
        SignInMethod? method = prefersOAuth ? SignInMethod.OAuth : SignInMethod.Password;
        if (!StartupOptions.TryParse(startup.Get("options"), out var assignments))
        {
            // Refused where the options are read as settings.
            return method;
        }

        foreach (var assignment in assignments.Where(static assignment => assignment.Key == Setting))
        {
            method = assignment.Value switch
            {
                "password" => SignInMethod.Password,
                "oauth" => SignInMethod.OAuth,
                "certificate" => SignInMethod.Certificate,
                _ => null,
            };
        }

        return method;
    }
}

/// <summary>What a client proves who it is with.</summary>
internal enum SignInMethod
{
    /// <summary>A token in place of a password.</summary>
    Password,

    /// <summary>A token by SASL OAUTHBEARER.</summary>
    OAuth,

    /// <summary>The client certificate of the TLS handshake, and nothing else.</summary>
    Certificate,
}
