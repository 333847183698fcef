namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Catalog;

/// <summary>What is known of one function, aggregate or procedure.</summary>
internal sealed record FunctionFacts(uint Oid, string Schema, string Name, FunctionVerdict Verdict, bool IsVolatile, bool IsOwn)
{
    /// <summary>Index of the result column that holds SQL text or identifiers of others, from 1; 0 if none.</summary>
    public int TaggedResultColumn { get; init; }

    /// <summary>The extension it belongs to, or empty.</summary>
    public string Extension { get; init; } = "";

    /// <summary>Schema, name and argument types of an own function, as the configuration names it.</summary>
    public string? Signature { get; init; }

    /// <summary>Hash of an own function's definition.</summary>
    public string? Sha256 { get; init; }

    /// <summary>When it was read, in ticks of the catalogue's clock.</summary>
    public long ReadAt { get; init; }

    /// <summary>Why an own function is denied, as the rest of a sentence.</summary>
    public string? Denial { get; init; }

    /// <summary>Whether a call can fail because of its arguments' values.</summary>
    public FailureKind Failure { get; } = FailureRules.Of(Oid, Schema, Name, IsOwn);

    /// <summary>Whether it edits texts as its constants say.</summary>
    public bool Edits { get; } = FailureRules.Edits(Schema, Name, IsOwn);

    public string FullName => $"{Schema}.{Name}";
}

/// <summary>How a call is judged. Every verdict but the denials lets tags through from the arguments.</summary>
internal enum FunctionVerdict
{
    /// <summary>Nothing is known of it: denied.</summary>
    Unclassified,

    /// <summary>Reads data or files by name, runs SQL text, or acts on the server: denied.</summary>
    Forbidden,

    /// <summary>The result depends on the arguments (and on catalogue or settings) only.</summary>
    Pure,

    /// <summary>The operator has read it: its result is never protected, whatever the arguments are.</summary>
    Clean,

    /// <summary>Its result is protected, whatever the arguments are; it changes nothing.</summary>
    Tainting,

    /// <summary>A side effect or a delay another session or statement could read: allowed only where no tagged column is used.</summary>
    SideEffect,

    /// <summary>As <see cref="SideEffect"/>, and only with constant arguments.</summary>
    ConstantSideEffect,

    /// <summary>Draws from a sequence: beside PHI only as a value of an INSERT.</summary>
    Sequence,

    /// <summary><c>set_config</c>.</summary>
    SetConfig,

    /// <summary><c>pg_notify</c>.</summary>
    Notify,

    /// <summary>Shows partition bounds: denied while a tagged column is a partition key.</summary>
    PartitionBound,
}
