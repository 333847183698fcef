namespace Sallyport.Gateway.Policy;

/// <summary>What one approval is good for.</summary>
public enum ApprovalScope
{
    /// <summary>Exactly the command that waits, once.</summary>
    Once,

    /// <summary>The same statement with other constants and parameters, for a time.</summary>
    Plan,

    /// <summary>The same class of command on the same relations, for a time of the same run.</summary>
    Run,
}

/// <summary>How much further than one command an approval of a rule may reach. Zero: not at all, which is the default.</summary>
/// <param name="Plan">Longest time for <see cref="ApprovalScope.Plan"/>.</param>
/// <param name="Run">Longest time for <see cref="ApprovalScope.Run"/>.</param>
public readonly record struct Widening(TimeSpan Plan, TimeSpan Run)
{
    /// <summary>Longest time a rule may allow.</summary>
    public static readonly TimeSpan Most = TimeSpan.FromHours(4);

    /// <summary>The longest time for a scope; zero where the rule does not allow it.</summary>
    public TimeSpan Longest(ApprovalScope scope) => scope switch
    {
        ApprovalScope.Plan => Plan,
        ApprovalScope.Run => Run,
        _ => TimeSpan.Zero,
    };
}
