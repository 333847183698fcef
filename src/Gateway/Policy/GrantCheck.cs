using System.Collections.Immutable;
using Sallyport.Gateway.Identity;

namespace Sallyport.Gateway.Policy;

/// <summary>Whether grants open what a command does. Closed by default; write does not imply read, nor ddl write.</summary>
internal static class GrantCheck
{
    public const string NoGrant = "no-grant";

    public const string NeverGranted = "never-granted";

    public const string SessionControlName = "session-control";

    private const string AskOperator = "Ask an operator of this gateway for a grant.";

    private static readonly Verdict.Allow SessionControl = new(SessionControlName);

    /// <summary>Whether any grant opens the target now; null when one does.</summary>
    public static Verdict.Deny? Connect(PrincipalPolicy policy, Principal principal, string target, DateTimeOffset now)
    {
        foreach (var grant in policy.Grants)
        {
            if (grant.Grant.HoldsAt(now))
            {
                return null;
            }
        }
        var ask = AccessLine.ToConnect(policy.Access, principal, target, now);
        // The same sentence whether the target exists or not: names of targets are not for strangers.
        return policy.Grants.IsEmpty
            ? Missing($"no grant opens target \"{target}\" to {principal.Name}", ask, "Check the target's name (dbname), or ask an operator of this gateway for a grant.")
            : Missing($"no grant opens target \"{target}\" to {principal.Name} at this time: {WindowOf(policy.Grants, now)}", ask, AskOperator);
    }

    /// <summary>The grant that opens the command's class when all it touches is open; else the denial.</summary>
    public static Verdict Cover(PrincipalPolicy policy, Principal principal, Command command, DateTimeOffset now)
    {
        if (command.Class == CommandClass.Admin)
        {
            return new Verdict.Deny(
                NeverGranted, "commands that administer the server are never granted", "Ask the database's administrator to run it outside of the gateway.");
        }
        if (command.Class == CommandClass.Session && command.Relations.IsEmpty)
        {
            return Connect(policy, principal, command.Target, now) ?? (Verdict)SessionControl;
        }
        if (NoLongerShown(policy, principal, command, now) is { } masked)
        {
            return Connect(policy, principal, command.Target, now) ?? masked;
        }
        var opened = Open(policy.Grants, command, now);
        if (opened is null)
        {
            return Connect(policy, principal, command.Target, now) ?? LeftOut(policy.Grants, principal, command, now) ?? ClassClosed(policy, principal, command, now);
        }
        var used = opened;
        foreach (var use in command.Relations)
        {
            var (denial, by) = Closed(policy, principal, command, use, now);
            if (denial is not null)
            {
                return denial;
            }
            // The use of a grant that was asked for is recorded wherever nothing else opens a part of the command.
            used = used.Grant.IsDynamic || by is not { Grant.IsDynamic: true } ? used : by;
        }
        return used.Grant.IsDynamic || command.Unmasked.IsEmpty ? used.Allow : (Showing(policy.Grants, command) ?? used).Allow;
    }

    /// <summary>
    /// The last word on what is shown unmasked: whatever a session has remembered of a statement, it runs only while the very grants that showed
    /// its columns when it was understood still show them to this principal.
    /// </summary>
    private static Verdict.Deny? NoLongerShown(PrincipalPolicy policy, Principal principal, Command command, DateTimeOffset now) =>
        !command.Unmasked.IsEmpty && policy.UnmaskedAt(now).FirstLost(command.Unmasked) is { } lost
            ? new Verdict.Deny(
                NoGrant,
                $"grant {lost.Grant} does not show {lost.Column} unmasked to {principal.Name} any more",
                "Run the statement again, and DECLARE or PREPARE it again where it has a name: the column comes back masked.")
            : null;

    /// <summary>The grant that was asked for and shows a column to the command; null where only the configuration does.</summary>
    private static CompiledGrant? Showing(ImmutableArray<CompiledGrant> grants, Command command) =>
        grants.FirstOrDefault(grant => grant.Grant.IsDynamic && command.Unmasked.Any(shown => shown.Grant == grant.Grant.Name));

    private static CompiledGrant? Open(ImmutableArray<CompiledGrant> grants, Command command, DateTimeOffset now)
    {
        var needsUnlimited = ChangesSomethingUnnamed(command);
        foreach (var grant in grants)
        {
            var opens = command.Class == CommandClass.Session || grant.Allows(command.Class);
            if (opens && grant.Grant.HoldsAt(now) && !(needsUnlimited && grant.Grant.IsLimited) && grant.LeftOut(command) is null)
            {
                return grant;
            }
        }
        return null;
    }

    /// <summary>
    /// A change without a named relation (CREATE SCHEMA, a function that writes) cannot be held against a list of schemas, so only a
    /// grant without such a list opens it. NOTIFY changes nothing that is stored.
    /// </summary>
    public static bool ChangesSomethingUnnamed(Command command)
    {
        if (command.Class is not (CommandClass.Write or CommandClass.Ddl) || command.Effects == Effects.Notify)
        {
            return false;
        }
        foreach (var use in command.Relations)
        {
            if (use.Access == RelationAccess.Write)
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>Why a relation is closed, or the grant that opens it; both null where it needs none of its own.</summary>
    private static (Verdict.Deny? Denial, CompiledGrant? By) Closed(PrincipalPolicy policy, Principal principal, Command command, RelationUse use, DateTimeOffset now)
    {
        if (NeverOpen(command, use) is { } never)
        {
            return (never, null);
        }
        if (NeedsNoGrant(use))
        {
            return (null, null);
        }
        var needed = Needed(command, use);
        foreach (var grant in policy.Grants)
        {
            if (Opens(grant, needed, use, now) && grant.LeftOut(command) is null)
            {
                return (null, grant);
            }
        }
        return (LeftOut(policy.Grants, principal, command, now) ?? RelationClosed(policy, principal, command, use, now), null);
    }

    private static Verdict.Deny? NeverOpen(Command command, RelationUse use)
    {
        if (SystemSchemas.IsOverflowStorage(use.Schema))
        {
            return new Verdict.Deny(NeverGranted, $"touching {use.Schema} is never granted", "Read the table itself.");
        }
        return Needed(command, use) != CommandClass.Read && SystemSchemas.IsCatalog(use.Schema)
            ? new Verdict.Deny(
                NeverGranted, $"changing {use.Schema} is never granted", "Use the statement that changes the object itself, such as ALTER or COMMENT.")
            : null;
    }

    /// <summary>
    /// The view that leads to a relation has an entry of its own, and whoever made it had to be allowed to read this. A write through a
    /// view is another matter: it changes what is stored there, so it needs its grant.
    /// </summary>
    private static bool NeedsNoGrant(RelationUse use) => use is { Indirect: true, Access: RelationAccess.Read };

    /// <summary>Catalogs come with any read grant, the session's own temporary tables with any grant of the class.</summary>
    private static bool Opens(CompiledGrant grant, CommandClass needed, RelationUse use, DateTimeOffset now) =>
        grant.Allows(needed)
        && grant.Grant.HoldsAt(now)
        && (SystemSchemas.IsCatalog(use.Schema) || SystemSchemas.IsTemporary(use.Schema) || grant.Reaches(use));

    private static CommandClass Needed(Command command, RelationUse use)
    {
        if (use.Access == RelationAccess.Read)
        {
            return CommandClass.Read;
        }
        return command.Class == CommandClass.Ddl ? CommandClass.Ddl : CommandClass.Write;
    }

    /// <summary>The denial of a command that only grants with a list of columns left out would open.</summary>
    private static Verdict.Deny? LeftOut(ImmutableArray<CompiledGrant> grants, Principal principal, Command command, DateTimeOffset now)
    {
        foreach (var grant in grants)
        {
            if (grant.Grant.HoldsAt(now) && grant.LeftOut(command) is { } column)
            {
                return new Verdict.Deny(
                    NoGrant, $"grant {grant.Grant.Name} of {principal.Name} leaves {column} out", "Leave the column out of the command, or ask for another grant.");
            }
        }
        return null;
    }

    private static Verdict.Deny ClassClosed(PrincipalPolicy policy, Principal principal, Command command, DateTimeOffset now)
    {
        var name = PolicyNames.NameOf(command.Class);
        var unnamed = ChangesSomethingUnnamed(command);
        var ask = AskFor(policy, principal, command, unnamed, now);
        return unnamed
            ? Missing($"no grant opens {name} outside of named tables on target \"{command.Target}\" to {principal.Name}", ask, AskOperator)
            : Missing($"no grant opens {name} on target \"{command.Target}\" to {principal.Name}", ask, $"Ask an operator of this gateway for a grant that allows {name}.");
    }

    private static Verdict.Deny RelationClosed(PrincipalPolicy policy, Principal principal, Command command, RelationUse use, DateTimeOffset now)
    {
        var name = PolicyNames.NameOf(Needed(command, use));
        return use.Schema.Length == 0
            ? new Verdict.Deny(NoGrant, $"the grants of {principal.Name} are limited to schemas, and this command names {use.Name} without one", "Qualify the name with its schema.")
            : Missing(
                $"no grant opens {name} of {QualifiedName.Join(use.Schema, use.Name)} to {principal.Name}",
                AskFor(policy, principal, command, everything: false, now),
                $"Leave the relation out, or ask an operator of this gateway for a grant that allows {name} there.");
    }

    /// <summary>The request that would open what is closed of a command, beside what is open already.</summary>
    private static AccessAsk? AskFor(PrincipalPolicy policy, Principal principal, Command command, bool everything, DateTimeOffset now)
    {
        var closed = command.Relations
            .Where(use => !NeedsNoGrant(use) && use.Schema.Length > 0 && !SystemSchemas.IsCatalog(use.Schema) && !SystemSchemas.IsTemporary(use.Schema))
            .Where(use => !policy.Grants.Any(grant => Opens(grant, Needed(command, use), use, now)))
            .ToList();
        var classes = closed.Select(use => Needed(command, use)).Append(command.Class).Where(static needed => needed != CommandClass.Session).Distinct().Order();
        var scope = new AccessScope
        {
            Allow = [.. classes],
            Tables = everything ? [] : [.. closed.Select(static use => new RelationName(use.Schema, use.Name)).Distinct()],
        };
        return scope.Allow.IsEmpty || (scope.Tables.IsEmpty && !everything && !command.Relations.IsEmpty)
            ? null
            : AccessLine.For(policy.Access, principal, command.Target, scope, now);
    }

    private static Verdict.Deny Missing(string reason, AccessAsk? ask, string otherwise) =>
        new(NoGrant, reason, ask is not null && AccessLine.Spell(ask) is { } line ? $"Ask for it: {line}" : otherwise) { Access = ask };

    private static string WindowOf(ImmutableArray<CompiledGrant> grants, DateTimeOffset now)
    {
        var next = grants.Where(g => g.Grant.From > now).MinBy(g => g.Grant.From);
        if (next is not null)
        {
            return $"{next.Grant.Name} begins at {next.Grant.From:yyyy-MM-ddTHH:mm:ssZ}";
        }
        var last = grants.MaxBy(g => g.Grant.Until)!;
        return $"{last.Grant.Name} ended at {last.Grant.Until:yyyy-MM-ddTHH:mm:ssZ}";
    }
}
