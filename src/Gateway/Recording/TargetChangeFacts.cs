using Sallyport.Gateway.Identity;

namespace Sallyport.Gateway.Recording;

/// <summary>One step of a change that the gateway itself makes at a target: rights of a role, a scratch database.</summary>
public readonly record struct TargetChangeFacts
{
    /// <summary>The configured target.</summary>
    public required string Target { get; init; }

    /// <summary>Who asked for it.</summary>
    public required Principal By { get; init; }

    /// <summary>A code: <c>floor</c>, <c>selftest</c>.</summary>
    public required string What { get; init; }

    /// <summary>The role that is changed, or empty.</summary>
    public string Role { get => field ?? ""; init; }

    /// <summary><c>begin</c>, <c>done</c>, <c>refused</c> (undone) or <c>failed</c>.</summary>
    public string Phase { get; init; }
}
