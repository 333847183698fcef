using System.Collections.Immutable;
using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Protocols.Postgres.Analysis;

/// <summary>What one statement means, as the server itself resolved it. Holds no literal of the statement except the arguments of <c>set_config</c>.</summary>
public sealed record StatementAnalysis
{
    public required CommandClass Class { get; init; }

    public required Effects Effects { get; init; }

    /// <summary>An UPDATE, DELETE or MERGE whose conditions do not bound the rows of its target.</summary>
    public bool Unbounded { get; init; }

    public ImmutableArray<RelationUse> Relations { get; init; } = [];

    /// <summary>Qualified names of called functions that are not PostgreSQL's own.</summary>
    public ImmutableArray<string> Functions { get; init; } = [];

    /// <summary>Whether any relation has a tagged column, or tagged system information is read: error and notice texts must be scrubbed.</summary>
    public bool TouchesPhi { get; init; }

    /// <summary>Tagged columns read or written, as <c>schema.table.column</c>.</summary>
    public ImmutableArray<string> PhiColumns { get; init; } = [];

    /// <summary>
    /// Those of <see cref="PhiColumns"/> whose values count as clear, by the grants of who asks. Only in statements that read and do nothing else.
    /// </summary>
    public ImmutableArray<UnmaskedColumn> Unmasked { get; init; } = [];

    /// <summary>Columns of the result (SELECT list or RETURNING), in order. Every one with a tag must be masked.</summary>
    public ImmutableArray<OutputColumn> Outputs { get; init; } = [];

    /// <summary>What the caller learns about tagged columns although no value of theirs is shown: conditions, keys and orders the rules let pass.</summary>
    public ImmutableArray<Inference> Inferences { get; init; } = [];

    /// <summary>Numbers of the parameters that stand in the statement once, unchanged, as a side of an operator.</summary>
    public ImmutableArray<int> PlainParameters { get; init; } = [];

    /// <summary>Calls of <c>set_config</c> with constant arguments; the settings policy must accept each one. Other calls are refused here.</summary>
    public ImmutableArray<SetConfigCall> SetConfigCalls { get; init; } = [];

    /// <summary>Calls of <c>pg_notify</c>, all with constant arguments: their payloads are the statement's own words.</summary>
    public ImmutableArray<NotifyCall> NotifyCalls { get; init; } = [];

    /// <summary>
    /// Whether evaluation can fail because a stored protected value has the wrong form (<c>mrn::int</c>), so that an error, or its absence, tells
    /// about it. Failures that an agent could steer further are refused; these are left to the session's error budget.
    /// </summary>
    public bool MayFail { get; init; }

    /// <summary>
    /// Whether what may fail is more than a stored value cast as it is to a plain type of the server's own: then the statement's words and values
    /// choose what is asked.
    /// </summary>
    public bool ChoosesFailure { get; init; }

    /// <summary>Whether it may do something else each time although nothing changed: it reads the time, a setting, or throws dice.</summary>
    public bool Varies { get; init; }

    /// <summary>
    /// Whether anything is computed from protected values, in the result or on the way. How much memory, time and disk that takes depends on
    /// them, so what measures a statement (EXPLAIN ANALYZE) may not be combined with it.
    /// </summary>
    public bool ComputesPhi { get; init; }

    /// <summary>Why the statement must not run, all reasons that were found, the first first; empty if it may.</summary>
    public ImmutableArray<Refusal> Refusals { get; init; } = [];

    /// <summary>The first of <see cref="Refusals"/>, or null.</summary>
    public Refusal? Refusal => Refusals.IsEmpty ? null : Refusals[0];

    /// <summary>
    /// The dump is of a utility statement: nothing inside was analysed, and only the utility classifier can say what it does.
    /// A text that was not classified as a utility statement but is one (SELECT INTO) must be denied.
    /// </summary>
    public bool IsUtility { get; init; }

    public int OutputCount => Outputs.Length;

    /// <summary>Whether a result column holds stored PHI: such a result may be masked and sent, never stored (CREATE TABLE AS, SELECT INTO).</summary>
    public bool HasTaggedOutput => Outputs.Any(output => output.Tag is not null);
}

/// <summary>One result column.</summary>
/// <param name="Ordinal">Position in the row, from 0.</param>
/// <param name="Source">The stored tagged column this result column is or comes from, as <c>schema.table.column</c>; null for an untagged one.</param>
/// <param name="Tag">Its PHI class; null for an untagged column.</param>
/// <param name="IsDerived">Computed from or chosen by tagged values, so only a constant may stand for it.</param>
public readonly record struct OutputColumn(int Ordinal, string? Source, string? Tag, bool IsDerived = false)
{
    /// <summary>The rule that says so, for people: through what the value came, e.g. <c>lower(clinic.patients.mrn)</c>. Never a literal.</summary>
    public string? Reason { get; init; }

    /// <summary>Where it is stored, for tagged and untagged columns; null where it is no stored column, or its rows come from several places.</summary>
    public RowOrigin? Origin { get; init; }
}

/// <summary>Why a statement is refused, in words for the person or agent who wrote it.</summary>
/// <param name="Rule">Stable name of the lineage rule, e.g. <c>computed-predicate</c>.</param>
/// <param name="Reason">One sentence: what is forbidden. Names columns and functions, never values.</param>
/// <param name="Remedy">One sentence: what to write instead.</param>
public sealed record Refusal(string Rule, string Reason, string Remedy);

/// <summary>A call <c>set_config(name, value, is_local)</c> with constants. A null value resets the setting.</summary>
public sealed record SetConfigCall(string Name, string? Value, bool IsLocal);

/// <summary>A call <c>pg_notify(channel, payload)</c> with constants.</summary>
public sealed record NotifyCall(string Channel, string Payload);
