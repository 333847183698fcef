namespace Sallyport.Gateway.Protocols.Postgres.Roles;

/// <summary>How roles that the gateway makes are called. Nothing else is ever dropped.</summary>
internal static class RoleNames
{
    /// <summary>Roles of sessions; the session's id follows, so that the target's own log names the session.</summary>
    public const string SessionPrefix = "sallyport_s_";

    /// <summary>Roles nobody can sign in with, which hold the rights that sessions with the same grants share.</summary>
    public const string ScopePrefix = "sallyport_g_";

    private const string SessionIdPrefix = "ses_";

    /// <summary>The role of a session, from the 20 random hexadecimal digits of its id.</summary>
    public static string OfSession(string sessionId) =>
        sessionId.StartsWith(SessionIdPrefix, StringComparison.Ordinal)
            ? SessionPrefix + sessionId[SessionIdPrefix.Length..]
            : throw new ArgumentException("not a session's id", nameof(sessionId));
}
