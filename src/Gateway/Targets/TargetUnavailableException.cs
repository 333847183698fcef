namespace Sallyport.Gateway.Targets;

/// <summary>
/// The target could not be reached or refused the gateway. The message is one sentence that the client may read: it holds
/// neither a credential nor the target's own text.
/// </summary>
/// <param name="sqlState">The SQLSTATE that the target sent, or null.</param>
public sealed class TargetUnavailableException(TargetFailure failure, string message, string? sqlState = null, Exception? cause = null)
    : IOException(message, cause)
{
    public TargetFailure Failure { get; } = failure;

    public string? SqlState { get; } = sqlState;
}

/// <summary>Why a target is unavailable. The names appear in metrics and logs in kebab case.</summary>
public enum TargetFailure
{
    /// <summary>Nothing listens, the name does not resolve, or the target turned the gateway away (full, starting, shutting down).</summary>
    Refused,

    /// <summary>No answer in time.</summary>
    Timeout,

    /// <summary>TLS is not offered, failed, or the certificate is not the expected one.</summary>
    Tls,

    /// <summary>The credential is missing or refused, or the target could not prove that it knows it.</summary>
    Authentication,

    /// <summary>The target does not let the gateway make a role for a session.</summary>
    Roles,

    /// <summary>The target broke the protocol or asked for something the gateway does not do.</summary>
    Protocol,
}
