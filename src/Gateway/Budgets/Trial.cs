namespace Sallyport.Gateway.Budgets;

/// <summary>A statement that can fail over tagged values: that it does not is as much of an answer as that it does. Only its keyed hash is kept.</summary>
/// <param name="Kind">What makes it another question.</param>
/// <param name="Text">The statement, for a plain cast its template.</param>
/// <param name="Parameters">The parameter part of its Bind; empty for a simple query.</param>
public sealed record Trial(TrialKind Kind, ReadOnlyMemory<byte> Text, ReadOnlyMemory<byte> Parameters);

/// <summary>When an execution asks what was not asked before.</summary>
public enum TrialKind
{
    /// <summary>Never: it cannot fail over tagged values, or goes on with what was counted.</summary>
    None,

    /// <summary>When its template is new: stored values are cast as they are, so its constants choose nothing but rows.</summary>
    Cast,

    /// <summary>When its text or a parameter is new, or something was changed since: they choose what is asked.</summary>
    Chosen,

    /// <summary>Always: a clock, a setting or chance takes part in it.</summary>
    Varying,
}
