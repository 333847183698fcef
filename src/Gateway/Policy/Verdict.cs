using System.Collections.Immutable;

namespace Sallyport.Gateway.Policy;

/// <summary>The decision about one command, with the rule or grant that made it.</summary>
public abstract record Verdict
{
    private Verdict(string rule) => Rule = rule;

    /// <summary>The rule's name, or <c>grant:NAME</c>, <c>no-grant</c>, <c>analysis:REASON</c>.</summary>
    public string Rule { get; }

    /// <summary>The grant that somebody asked for and that opens the command, <c>gr_...</c>; empty where the configuration opens it.</summary>
    public string Grant { get; init; } = "";

    /// <summary>Whether the principal has an emergency grant at the target, so that the record is marked.</summary>
    public bool IsBreakGlass { get; init; }

    public sealed record Allow(string By) : Verdict(By);

    /// <param name="By">The rule that asks.</param>
    /// <param name="Approvers">Groups whose human members may decide.</param>
    /// <param name="Hold">How long the command is held in place.</param>
    /// <param name="Expires">How long the approval request stays open after it was made.</param>
    public sealed record Ask(string By, ImmutableArray<string> Approvers, TimeSpan Hold, TimeSpan Expires) : Verdict(By)
    {
        /// <summary>How much further than this command an approval may reach.</summary>
        public Widening Widen { get; init; }

        /// <summary>Whether a write may be run and rolled back before anybody has decided, to count its rows.</summary>
        public bool DryRun { get; init; }
    }

    /// <param name="By">The rule or check that refuses.</param>
    /// <param name="Reason">One sentence: what is forbidden. Holds no value of the statement.</param>
    /// <param name="Remedy">One sentence: what to do instead.</param>
    public sealed record Deny(string By, string Reason, string Remedy) : Verdict(By)
    {
        /// <summary>The request that would open what is closed, where a rule takes it now; else null. <see cref="Remedy"/> spells it as a command line.</summary>
        public AccessAsk? Access { get; init; }
    }
}
