using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Approvals;

/// <summary>
/// Whether a command is within what an approval of its class allows: nothing in it may go beyond the command that the human saw.
/// </summary>
internal static class ApprovalCover
{
    /// <summary>Whether an approval of a command can stand for its class: only where what it touches has names.</summary>
    public static bool HasClass(Approval approval) =>
        approval.Class is CommandClass.Read or CommandClass.Write or CommandClass.Ddl && !approval.Relations.IsEmpty && approval.Relations.All(IsNamed);

    /// <summary>
    /// Whether the command has the approved class and no relation, access, effect, tagged column or function that the approved one did not have. What reads
    /// columns unmasked is asked about by itself.
    /// </summary>
    public static bool HasSameClass(Approval approval, Command command) =>
        command.Class == approval.Class
        && (command.Effects & ~approval.Effects) == Effects.None
        && (approval.Unbounded || !command.Unbounded)
        && !command.Relations.IsEmpty
        && command.Relations.All(use => IsNamed(use) && approval.Relations.Any(approved => Includes(approved, use)))
        && command.Unmasked.IsEmpty
        && command.PhiColumns.All(approval.PhiColumns.Contains)
        && command.Functions.All(approval.Functions.Contains);

    /// <summary>What was touched directly may be touched through a view; the other way round would be more.</summary>
    private static bool Includes(RelationUse approved, RelationUse use) =>
        approved == use || (!approved.Indirect && approved == use with { Indirect = false });

    private static bool IsNamed(RelationUse use) => use.Schema.Length > 0 && use.Name.Length > 0;
}
