using System.Collections.Frozen;

namespace Sallyport.Gateway.Identity;

/// <summary>What no longer counts although it was signed: single tokens, runs, and all that a principal had until a moment. Thread-safe.</summary>
public sealed class TokenRevocations
{
    /// <summary>Most revocations that are kept; what has expired does not count.</summary>
    public const int MaxEntries = 100_000;

    private readonly Lock _gate = new();
    private volatile Held _held = new([], FrozenDictionary<string, DateTimeOffset>.Empty);
    private volatile FrozenSet<string> _disabled = [];

    public int Count => _held.Ended.Count + _held.Principals.Count;

    /// <summary>Takes revocations from now on, all at once, and forgets those that have expired.</summary>
    /// <param name="added">New ones, or all of a store at the start.</param>
    /// <param name="now">What expired before is forgotten.</param>
    /// <exception cref="InvalidOperationException">There are too many.</exception>
    public void Add(IEnumerable<TokenRevocation> added, DateTimeOffset now)
    {
        lock (_gate)
        {
            var ended = _held.Ended.Where(entry => entry.Value > now).ToDictionary(StringComparer.Ordinal);
            var principals = _held.Principals.ToDictionary(StringComparer.Ordinal);
            foreach (var revocation in added)
            {
                if (revocation.Kind == RevocationKind.Principal)
                {
                    principals[revocation.Value] = revocation.At;
                }
                else if (revocation.Until > now)
                {
                    ended[KeyOf(revocation.Kind, revocation.Value)] = revocation.Until;
                }
            }
            if (ended.Count + principals.Count > MaxEntries)
            {
                throw new InvalidOperationException($"More than {MaxEntries} revocations are in force.");
            }
            _held = new Held(ended, principals.ToFrozenDictionary(StringComparer.Ordinal));
        }
    }

    /// <summary>Whether this principal's token, its run, or all it had when the token was issued was revoked.</summary>
    public bool IsRevoked(Principal principal)
    {
        var held = _held;
        if (held.Ended.Count > 0
            && ((principal.TokenId.Length > 0 && held.Ended.ContainsKey(KeyOf(RevocationKind.Token, principal.TokenId)))
                || (principal.RunId.Length > 0 && held.Ended.ContainsKey(KeyOf(RevocationKind.Run, principal.RunId)))))
        {
            return true;
        }
        return held.Principals.Count > 0 && (IsRevoked(held, principal.Id, principal) || IsRevoked(held, HumanBehind(principal), principal));
    }

    /// <summary>Says which principals are let in no more, whatever token they show: these, and no others.</summary>
    /// <param name="principals">Ids of principals.</param>
    public void SetDisabled(IEnumerable<string> principals) => _disabled = principals.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Whether this principal, or the human it acts for, is let in no more.</summary>
    public bool IsDisabled(Principal principal)
    {
        var disabled = _disabled;
        return disabled.Count > 0 && (disabled.Contains(principal.Id) || disabled.Contains(HumanBehind(principal)));
    }

    /// <summary>The id of the human an agent acts for, or of the caller itself.</summary>
    public static string HumanBehind(Principal principal) =>
        principal.OnBehalfOf.Length > 0 ? PrincipalReader.IdOf(principal.Issuer, principal.OnBehalfOf, agent: "") : principal.Id;

    /// <summary>A token that does not say when it was issued counts as older than any revocation.</summary>
    private static bool IsRevoked(Held held, string id, Principal principal) =>
        held.Principals.TryGetValue(id, out var at) && (principal.IssuedAt is not { } issued || issued <= at);

    private static string KeyOf(RevocationKind kind, string value) => kind == RevocationKind.Token ? value : "run:" + value;

    private sealed record Held(Dictionary<string, DateTimeOffset> Ended, FrozenDictionary<string, DateTimeOffset> Principals);
}

/// <summary>One revocation.</summary>
/// <param name="Kind">What is revoked.</param>
/// <param name="Value">A token's id (<see cref="Principal.TokenId"/>), a run's id, or a principal's id.</param>
/// <param name="At">When; a principal's later tokens count again.</param>
/// <param name="Until">From when on nothing is left that it could concern; the end of time for principals.</param>
public sealed record TokenRevocation(RevocationKind Kind, string Value, DateTimeOffset At, DateTimeOffset Until)
{
    /// <summary>What the person wrote who revoked it; free text, kept in the store only. May be empty.</summary>
    public string Note { get; init; } = "";
}

/// <summary>What a revocation is about. The names appear in the ledger and the store in lower case.</summary>
public enum RevocationKind
{
    Token,
    Run,
    Principal,
}
