namespace Sallyport.Evidence.Verification;

/// <summary>What a verification found.</summary>
public enum VerificationOutcome
{
    /// <summary>Everything that was claimed was recomputed from bytes and holds. Exit code 0.</summary>
    Verified = 0,

    /// <summary>Something is changed, missing or added. Exit code 1.</summary>
    Failed = 1,

    /// <summary>The input is not what it is said to be, so nothing can be verified or refuted. Exit code 3.</summary>
    Malformed = 3,
}

/// <summary>One thing that does not hold.</summary>
/// <param name="Where">File, and record where there is one: <c>wal/00000000000000000000, record 17</c>.</param>
/// <param name="What">One sentence; never quotes a record.</param>
public sealed record Finding(string Where, string What)
{
    public override string ToString() => $"{Where}: {What}";
}

/// <summary>The answer of a verifier.</summary>
public sealed record VerificationResult
{
    public required VerificationOutcome Outcome { get; init; }

    /// <summary>0 verified, 1 failed, 3 malformed.</summary>
    public int ExitCode => (int)Outcome;

    /// <summary>What does not hold, first found first; at most <see cref="Findings.MaxFindings"/>. Empty when verified.</summary>
    public required IReadOnlyList<Finding> Findings { get; init; }

    /// <summary>What is no error but should be known, e.g. records that no checkpoint covers yet.</summary>
    public IReadOnlyList<Finding> Notes { get; init; } = [];

    /// <summary>Name of the log.</summary>
    public string Origin { get; init; } = "";

    /// <summary>Records read.</summary>
    public long Records { get; init; }

    public long Sessions { get; init; }

    /// <summary>Size of the signed tree.</summary>
    public long CheckpointSize { get; init; }

    /// <summary>Root of the signed tree in hex.</summary>
    public string Root { get; init; } = "";

    /// <summary>Witnesses of the policy that cosigned the tree, and when.</summary>
    public IReadOnlyList<WitnessedAt> Witnesses { get; init; } = [];

    /// <summary>SHA-256 of the public key everything was checked with.</summary>
    public string KeyFingerprint { get; init; } = "";
}

/// <summary>Collects what does not hold, up to a limit.</summary>
public sealed class Findings
{
    /// <summary>Most findings kept; more would not help anybody.</summary>
    public const int MaxFindings = 100;

    private readonly List<Finding> _found = [];

    public IReadOnlyList<Finding> All => _found;

    public bool Any => _found.Count > 0;

    internal void Add(string where, string what)
    {
        if (_found.Count < MaxFindings)
        {
            _found.Add(new Finding(where, what));
        }
    }
}
