using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Catalog;

/// <summary>The definition of a function that is neither the server's own nor an extension's.</summary>
/// <param name="Sha256">Hash of everything that decides what a call does.</param>
/// <param name="Arguments">Its argument types as <see cref="DeclaredFunction.Spell"/> spells them.</param>
/// <param name="Kind"><c>pg_proc.prokind</c>.</param>
/// <param name="IsSecurityDefiner">It runs with the rights of its owner.</param>
/// <param name="IsReplaceable">The gateway's role may create functions in its schema, so it may replace this one.</param>
/// <param name="ReturnsSet">It returns rows.</param>
/// <param name="MayRunText">Its body holds the word EXECUTE.</param>
/// <param name="OnlyReads">No word of its body can do more than read, also if it was not declared stable.</param>
/// <param name="Language">Name of its language.</param>
/// <param name="Support">The functions an aggregate is made of.</param>
internal sealed record OwnFunction(
    string Sha256,
    string Arguments,
    char Kind,
    bool IsSecurityDefiner,
    bool IsReplaceable,
    bool ReturnsSet,
    bool MayRunText,
    bool OnlyReads,
    string Language,
    IReadOnlyList<uint> Support)
{
    /// <summary>The verdict on a function, and why it is denied.</summary>
    /// <param name="declared">What the operator says of it, or null.</param>
    /// <param name="schema">Its schema.</param>
    /// <param name="isVolatile">Whether it is volatile.</param>
    public (FunctionVerdict Verdict, string? Denial) Judge(DeclaredFunction? declared, string schema, bool isVolatile)
    {
        if (schema.StartsWith("pg_temp", StringComparison.Ordinal))
        {
            return (FunctionVerdict.Unclassified, "is temporary");
        }

        if (Kind is not 'f')
        {
            return (FunctionVerdict.Unclassified, Kind is 'w' ? "is a window function" : "is a procedure");
        }

        if (declared is { Sha256: { } pin })
        {
            return pin == Sha256
                ? (Trusted(declared.Trust, isVolatile), null)
                : (FunctionVerdict.Unclassified, "is not the one that was pinned: its definition has changed");
        }

        // A name alone says nothing of a function with its owner's rights, nor of one that anybody here could replace.
        return declared is not null && !IsSecurityDefiner && !IsReplaceable && !isVolatile
            ? (FunctionVerdict.Pure, null)
            : JudgeUnlisted(isVolatile && !OnlyReads);
    }

    private FunctionVerdict Trusted(FunctionTrust trust, bool isVolatile) => trust switch
    {
        FunctionTrust.Tainting when ReturnsSet => FunctionVerdict.Unclassified,
        FunctionTrust.Tainting => FunctionVerdict.Tainting,
        _ when isVolatile => FunctionVerdict.SideEffect,
        FunctionTrust.Clean => FunctionVerdict.Clean,
        _ => FunctionVerdict.Pure,
    };

    /// <summary>
    /// What nobody has read may return anything, so its result is protected. It must not be able to do more than return: not change
    /// anything, not run a text it is given, not tell by the number of its rows, and not be replaced by whoever is asking.
    /// </summary>
    private (FunctionVerdict Verdict, string? Denial) JudgeUnlisted(bool isVolatile) => this switch
    {
        { IsReplaceable: true } => (FunctionVerdict.Unclassified, "is in a schema in which the gateway's role may create functions"),
        _ when isVolatile => (FunctionVerdict.Unclassified, "is volatile, so it may change something"),
        { Language: not ("sql" or "plpgsql") } => (FunctionVerdict.Unclassified, "is not written in SQL or PL/pgSQL"),
        { Language: "plpgsql", MayRunText: true } => (FunctionVerdict.Unclassified, "may run SQL text that is built while it runs"),
        { ReturnsSet: true } => (FunctionVerdict.Unclassified, "returns rows, whose number may tell of protected ones"),
        _ => (FunctionVerdict.Tainting, null),
    };
}
