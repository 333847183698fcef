namespace Sallyport.Api;

/// <summary>Which policy judges now.</summary>
/// <param name="Hash">SHA-256 of its configuration, which names it in every record.</param>
/// <param name="Since">When the running gateway put it in force.</param>
/// <param name="Refused">The configuration on the disk, while it is another one that did not come into force.</param>
public sealed record PolicyResource(string Hash, DateTimeOffset Since, RefusedPolicyResource? Refused);

/// <summary>A changed configuration that did not come into force.</summary>
/// <param name="Hash">What it would be named; empty where it could not be read.</param>
/// <param name="Problems">How many problems it has; the gateway's log lists them.</param>
/// <param name="At">When it was refused.</param>
public sealed record RefusedPolicyResource(string Hash, int Problems, DateTimeOffset At);
