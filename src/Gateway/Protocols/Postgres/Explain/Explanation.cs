using System.Collections.Immutable;
using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Analysis;

namespace Sallyport.Gateway.Protocols.Postgres.Explain;

/// <summary>What came of a request to explain statements. Nothing of them has run.</summary>
public abstract record ExplainResult
{
    private ExplainResult()
    {
    }

    /// <param name="PolicyHash">The policy that judged.</param>
    /// <param name="Statements">One for each statement of the text, in order.</param>
    public sealed record Explained(string PolicyHash, ImmutableArray<StatementExplanation> Statements) : ExplainResult;

    /// <summary>The principal may not even connect, or there is no such target: the two look the same from outside.</summary>
    public sealed record NotConnected(Verdict.Deny Verdict) : ExplainResult;

    /// <summary>The text or the search path cannot be explained at all.</summary>
    public sealed record Unusable(string Reason, string Remedy) : ExplainResult;

    /// <summary>Too many explanations or sessions at this moment.</summary>
    public sealed record Busy(string Reason) : ExplainResult;

    /// <summary>The target gives no answer.</summary>
    public sealed record Unavailable(string Reason) : ExplainResult;
}

/// <summary>One statement, as it would be judged if it were sent now.</summary>
public sealed record StatementExplanation
{
    /// <summary>The statement with every literal replaced.</summary>
    public required string Template { get; init; }

    public required ExplainedDecision Decision { get; init; }

    /// <summary>The rule, grant or check that decides; empty for a statement the server itself does not accept.</summary>
    public string Rule { get; init; } = "";

    /// <summary>One sentence: why it is refused, or what the server says.</summary>
    public string Reason { get; init; } = "";

    /// <summary>One sentence: what to write or do instead.</summary>
    public string Remedy { get; init; } = "";

    /// <summary>The request for access that would open what is closed, or null.</summary>
    public AccessAsk? Access { get; init; }

    /// <summary>The server's error code, when it does not accept the text.</summary>
    public string? SqlState { get; init; }

    /// <summary>Groups whose members decide, when a person is asked.</summary>
    public ImmutableArray<string> Approvers { get; init; } = [];

    /// <summary>What is done, with what. Null when the statement has no meaning the gateway can vouch for.</summary>
    public Command? Command { get; init; }

    /// <summary>Columns of the result, or of the query inside a utility statement.</summary>
    public ImmutableArray<ExplainedColumn> Columns { get; init; } = [];

    /// <summary>What the statement tells about tagged columns without showing them.</summary>
    public ImmutableArray<Inference> Inferences { get; init; } = [];
}

public enum ExplainedDecision
{
    /// <summary>It would run, its rows masked as the columns say.</summary>
    Allow,

    /// <summary>It would wait for a person.</summary>
    Ask,

    /// <summary>It would be refused.</summary>
    Deny,

    /// <summary>The server does not accept the text; its own words would come back.</summary>
    Error,
}

/// <summary>One column of a result.</summary>
/// <param name="Name">Its name, or null where it only exists inside.</param>
/// <param name="Tag">Its PHI class, or null when it comes back as it is.</param>
/// <param name="Source">The stored tagged column it is or comes from.</param>
/// <param name="IsDerived">Computed from tagged values.</param>
/// <param name="Mask">What is done to its values; null when nothing.</param>
/// <param name="Reason">Why, for people.</param>
public sealed record ExplainedColumn(string? Name, string? Tag, string? Source, bool IsDerived, string? Mask, string Reason);
