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
        // The same sentence whether the target exists or not: names of targets are not for strangers.
        return policy.Grants.IsEmpty
            ? new Verdict.Deny(NoGrant, $"no grant opens target \"{target}\" to {principal.Name}", "Check the target's name (dbname), or ask an operator of this gateway for a grant.")
            : new Verdict.Deny(NoGrant, $"no grant opens target \"{target}\" to {principal.Name} at this time: {WindowOf(policy.Grants, now)}", AskOperator);
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
        var opened = Open(policy.Grants, command, now);
        if (opened is null)
        {
            return Connect(policy, principal, command.Target, now) ?? ClassClosed(principal, command);
        }
        foreach (var use in command.Relations)
        {
            if (Closed(policy.Grants, principal, command, use, now) is { } denial)
            {
                return denial;
            }
        }
        return opened.Allow;
    }

    private static CompiledGrant? Open(ImmutableArray<CompiledGrant> grants, Command command, DateTimeOffset now)
    {
        var needsUnlimited = ChangesSomethingUnnamed(command);
        foreach (var grant in grants)
        {
            var opens = command.Class == CommandClass.Session || grant.Allows(command.Class);
            if (opens && grant.Grant.HoldsAt(now) && !(needsUnlimited && grant.Grant.IsLimited))
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

    private static Verdict.Deny? Closed(
        ImmutableArray<CompiledGrant> grants, Principal principal, Command command, RelationUse use, DateTimeOffset now)
    {
        if (SystemSchemas.IsOverflowStorage(use.Schema))
        {
            return new Verdict.Deny(NeverGranted, $"touching {use.Schema} is never granted", "Read the table itself.");
        }
        var needed = Needed(command, use);
        if (needed != CommandClass.Read && SystemSchemas.IsCatalog(use.Schema))
        {
            return new Verdict.Deny(
                NeverGranted, $"changing {use.Schema} is never granted", "Use the statement that changes the object itself, such as ALTER or COMMENT.");
        }
        if (use is { Indirect: true, Access: RelationAccess.Read })
        {
            // The view that leads there has an entry of its own, and whoever made it had to be allowed to read this. A write through a
            // view is another matter: it changes what is stored there, so it needs its grant.
            return null;
        }
        // Catalogs come with any read grant, the session's own temporary tables with any grant of the class.
        var anywhere = SystemSchemas.IsCatalog(use.Schema) || SystemSchemas.IsTemporary(use.Schema);
        foreach (var grant in grants)
        {
            if (grant.Allows(needed) && grant.Grant.HoldsAt(now) && (anywhere || grant.Reaches(use)))
            {
                return null;
            }
        }
        return RelationClosed(principal, needed, use);
    }

    private static CommandClass Needed(Command command, RelationUse use)
    {
        if (use.Access == RelationAccess.Read)
        {
            return CommandClass.Read;
        }
        return command.Class == CommandClass.Ddl ? CommandClass.Ddl : CommandClass.Write;
    }

    private static Verdict.Deny ClassClosed(Principal principal, Command command)
    {
        var name = PolicyNames.NameOf(command.Class);
        return ChangesSomethingUnnamed(command)
            ? new Verdict.Deny(NoGrant, $"no grant opens {name} outside of named tables on target \"{command.Target}\" to {principal.Name}", AskOperator)
            : new Verdict.Deny(NoGrant, $"no grant opens {name} on target \"{command.Target}\" to {principal.Name}", $"Ask an operator of this gateway for a grant that allows {name}.");
    }

    private static Verdict.Deny RelationClosed(Principal principal, CommandClass needed, RelationUse use)
    {
        var name = PolicyNames.NameOf(needed);
        return use.Schema.Length == 0
            ? new Verdict.Deny(NoGrant, $"the grants of {principal.Name} are limited to schemas, and this command names {use.Name} without one", "Qualify the name with its schema.")
            : new Verdict.Deny(
                NoGrant,
                $"no grant opens {name} of {QualifiedName.Join(use.Schema, use.Name)} to {principal.Name}",
                $"Leave the relation out, or ask an operator of this gateway for a grant that allows {name} there.");
    }

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
