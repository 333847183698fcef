using System.Text.RegularExpressions;

namespace Sallyport.Gateway.Protocols.Postgres.Roles;

/// <summary>The comment on a role that says which gateway made it, for which target and session. A gateway drops what bears its own mark, and nobody else's live roles.</summary>
/// <param name="Gateway">16 hexadecimal digits: a hash of the key that signs that gateway's ledger.</param>
/// <param name="Target">The target's name there.</param>
/// <param name="Session">The session's id; empty for a role that several share.</param>
internal sealed partial record RoleMarker(string Gateway, string Target, string Session)
{
    public override string ToString() => $"sallyport gateway={Gateway} target={Target} session={Session}";

    /// <summary>Null for a comment that no gateway wrote.</summary>
    public static RoleMarker? Parse(string? comment) =>
        comment is not null && Form.Match(comment) is { Success: true } match
            ? new RoleMarker(match.Groups["gateway"].Value, match.Groups["target"].Value, match.Groups["session"].Value)
            : null;

    [GeneratedRegex(@"\Asallyport gateway=(?<gateway>[0-9a-f]{16}) target=(?<target>[A-Za-z0-9_-]{1,63}) session=(?<session>[A-Za-z0-9_]{0,63})\z", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Form { get; }
}
