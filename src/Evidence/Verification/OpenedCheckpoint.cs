namespace Sallyport.Evidence.Verification;

/// <summary>A cosignature that was verified.</summary>
/// <param name="Witness">The witness's name in the policy.</param>
/// <param name="Time">When it signed, by its own clock.</param>
public sealed record WitnessedAt(string Witness, DateTimeOffset Time);

/// <summary>A checkpoint whose signatures were judged by a policy.</summary>
/// <param name="Head">What it says.</param>
/// <param name="Log">The log's key that signed it.</param>
/// <param name="Witnesses">Witnesses of the policy that cosigned it.</param>
/// <param name="Unknown">Names of signatures by keys the policy does not have; they are ignored.</param>
public sealed record OpenedCheckpoint(Checkpoint Head, VerificationKey Log, IReadOnlyList<WitnessedAt> Witnesses, IReadOnlyList<string> Unknown)
{
    /// <summary>Whether the witnesses are as many as the policy wants.</summary>
    public required bool HasQuorum { get; init; }

    /// <summary>Parses a signed checkpoint and checks the log's signature and every cosignature the policy knows.</summary>
    /// <exception cref="FormatException">Not a checkpoint in its one form, not signed by a log of the policy, or a known key's signature is wrong.</exception>
    public static OpenedCheckpoint Open(ReadOnlySpan<byte> note, TrustPolicy policy)
    {
        var signed = SignedNote.Parse(note);
        var head = Checkpoint.Parse(signed.Text);
        if (!note.SequenceEqual(signed.Canonical()) || signed.Signatures.Select(signature => signature.Format()).Distinct(StringComparer.Ordinal).Count() != signed.Signatures.Count)
        {
            throw new FormatException("The checkpoint carries bytes that no signature covers.");
        }
        var known = new HashSet<NoteSignature>(ReferenceEqualityComparer.Instance);
        VerificationKey? log = null;
        foreach (var key in policy.Logs)
        {
            log = IsValid(signed, key, head.Origin, known) ? log ?? key : log;
        }
        if (log is null)
        {
            throw new FormatException("The checkpoint is not signed by the given key.");
        }
        var witnesses = new List<WitnessedAt>();
        foreach (var witness in policy.Witnesses.Where(witness => Cosignature.IsSupported(witness.Key.Type)))
        {
            if (IsValid(signed, witness.Key, witness.Key.Name!, known))
            {
                var signature = signed.ClaimsOf(witness.Key, witness.Key.Name!).First();
                witnesses.Add(new WitnessedAt(witness.Name, Cosignature.TimeOf(signature.Signature)!.Value));
            }
        }
        var names = witnesses.Select(witness => witness.Witness).ToHashSet(StringComparer.Ordinal);
        return new OpenedCheckpoint(head, log, witnesses, [.. signed.Signatures.Where(signature => !known.Contains(signature)).Select(signature => signature.Name)])
        {
            HasQuorum = policy.IsQuorum(names),
        };
    }

    /// <summary>Why there is no quorum, for people.</summary>
    public string QuorumProblem() => Witnesses.Count == 0
        ? "no witness of the policy cosigned it, so it may be a fork that was made for you"
        : $"only {string.Join(", ", Witnesses.Select(witness => witness.Witness))} cosigned it, which is not the policy's quorum";

    internal void AddNotes(string where, List<Finding> notes)
    {
        foreach (var name in Unknown)
        {
            notes.Add(new Finding(where, $"a signature of {name} was ignored: no such key was given"));
        }
    }

    private static bool IsValid(SignedNote note, VerificationKey key, string name, HashSet<NoteSignature> known)
    {
        foreach (var claim in note.ClaimsOf(key, name))
        {
            known.Add(claim);
        }
        return note.StateOf(key, name) switch
        {
            SignatureState.Wrong => throw new FormatException($"A signature of {name} is wrong."),
            var state => state == SignatureState.Valid,
        };
    }
}
