using System.Text.Json.Serialization;

namespace Sallyport.Api;

/// <summary>What an evidence bundle is to hold: one session, or everything of a period, narrowed to one agent where asked.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record ExportRequest
{
    /// <summary>The session; excludes the other members.</summary>
    public string? Session { get; init; }

    /// <summary>Start of the period, inclusive.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>End of the period, exclusive.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>Name or id of the agent whose sessions are wanted; null means everybody's.</summary>
    public string? Agent { get; init; }
}

/// <summary>The public key a ledger is signed with. Keep a copy obtained out of band: a key fetched from the gateway proves nothing against the gateway's operator.</summary>
/// <param name="Origin">The ledger's name.</param>
/// <param name="VerifierKey">C2SP signed-note verifier key, <c>name+hash+base64</c>.</param>
public sealed record LedgerKeyResource(string Origin, string VerifierKey);
