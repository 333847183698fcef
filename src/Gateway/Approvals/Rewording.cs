using System.Collections.Immutable;
using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Approvals;

/// <summary>What was refused to a run before and what a later command of the run looks like another form of.</summary>
/// <param name="ApprovalId">The request that a human denied; empty where the gateway refused by itself.</param>
/// <param name="Record">The index of the refusal's record in the ledger; null for what a human denied.</param>
/// <param name="Rule">What asked or refused then.</param>
/// <param name="At">When it was asked or refused.</param>
/// <param name="SameTemplate">The two differ in nothing but constants, if at all; otherwise the text was changed.</param>
public sealed record Rewording(string ApprovalId, long? Record, string Rule, DateTimeOffset At, bool SameTemplate)
{
    /// <summary>
    /// Whether a command does all that a refused one would have done: the same class, every effect, and every relation it wrote (of a read: read) or,
    /// where it names none, every function it called. What is added to it hides nothing.
    /// </summary>
    internal static bool Covers(in CommandShape later, in CommandShape refused)
    {
        if (later.Class != refused.Class || (later.Effects & refused.Effects) != refused.Effects)
        {
            return false;
        }

        var written = refused.Relations.Where(static use => use.Access == RelationAccess.Write).ToList();
        var meant = written.Count > 0 ? written : [.. refused.Relations];
        var relations = later.Relations;
        var functions = later.Functions;
        return meant.Count > 0
            ? meant.TrueForAll(use => relations.Any(own => own.Schema == use.Schema && own.Name == use.Name && own.Access == use.Access))
            : refused.Functions.Length > 0 && refused.Functions.All(name => functions.Contains(name));
    }
}

/// <summary>What of a command is compared with another one's.</summary>
internal readonly record struct CommandShape(CommandClass Class, Effects Effects, ImmutableArray<RelationUse> Relations, ImmutableArray<string> Functions)
{
    public static CommandShape Of(Command command) => new(command.Class, command.Effects, command.Relations, command.Functions);

    public static CommandShape Of(Approval approval) => new(approval.Class, approval.Effects, approval.Relations, approval.Functions);
}
