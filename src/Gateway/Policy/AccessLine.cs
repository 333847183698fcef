using System.Buffers;
using Sallyport.Gateway.Identity;

namespace Sallyport.Gateway.Policy;

/// <summary>The request with which a refused caller can ask for access, and the command line that makes it; only where a rule would take it.</summary>
internal static class AccessLine
{
    private const int MaxCharacters = 900;

    /// <summary>What a request asks for when nobody says how long.</summary>
    private static readonly TimeSpan UsualLength = TimeSpan.FromHours(2);

    private static readonly SearchValues<char> Plain = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-,/:@%+");

    /// <summary>The request for a scope, or null where no rule takes it.</summary>
    public static AccessAsk? For(AccessRules rules, Principal principal, string target, AccessScope scope, DateTimeOffset now)
    {
        foreach (var rule in rules.Rules)
        {
            if (rule.IsFor(principal, target) && Ask(rule, target, scope) is var ask && Takes(rule, ask, now))
            {
                return ask;
            }
        }
        return null;
    }

    /// <summary>The request of somebody who cannot come in at all: what the first rule for them gives for reading.</summary>
    public static AccessAsk? ToConnect(AccessRules rules, Principal principal, string target, DateTimeOffset now)
    {
        foreach (var rule in rules.Rules)
        {
            if (!rule.IsFor(principal, target))
            {
                continue;
            }
            var allow = rule.Most.Allow.Contains(CommandClass.Read) ? CommandClass.Read : rule.Most.Allow[0];
            var ask = Ask(rule, target, new AccessScope { Allow = [allow], Schemas = rule.Most.Schemas, Tables = rule.Most.Tables });
            if (Takes(rule, ask, now))
            {
                return ask;
            }
        }
        return null;
    }

    private static bool Takes(AccessRule rule, AccessAsk ask, DateTimeOffset now) =>
        IsAskable(ask.Scope) && rule.Refusal(ask, now) is null;

    /// <summary>Whether a request may name all of it.</summary>
    private static bool IsAskable(AccessScope scope) =>
        scope.Schemas.Length <= AccessScope.MaxNames && scope.Tables.Length <= AccessScope.MaxNames
        && !scope.Tables.Any(static table => table.Schema.Any(char.IsControl) || table.Name.Any(char.IsControl));

    private static AccessAsk Ask(AccessRule rule, string target, AccessScope scope) =>
        new() { Target = target, Scope = scope, Length = rule.MaxLength < UsualLength ? rule.MaxLength : UsualLength };

    /// <summary>The command line that makes a request for a length of time, or null where a shell would not take it whole.</summary>
    public static string? Spell(AccessAsk ask)
    {
        var scope = ask.Scope;
        var schemas = scope.Schemas.IsEmpty ? "" : $" --schemas {Quote(string.Join(',', scope.Schemas))}";
        var tables = scope.Tables.IsEmpty ? "" : $" --tables {Quote(string.Join(',', scope.Tables.Select(static table => QualifiedName.Join(table.Schema, table.Name))))}";
        var line = $"sallyport access request --target {Quote(ask.Target)} --allow {string.Join(',', scope.Allow.Select(PolicyNames.NameOf))}{schemas}{tables}"
            + $" --for {AccessRule.Spell(ask.Length!.Value)} --reason \"...\"";
        // A line that would be cut, or that holds what a terminal acts on or a list is cut at, is worse than none.
        var hasComma = scope.Schemas.Any(static name => name.Contains(',')) || scope.Tables.Any(static name => name.Schema.Contains(',') || name.Name.Contains(','));
        return line.Length <= MaxCharacters && !hasComma && !line.Any(char.IsControl) ? line : null;
    }

    /// <summary>One word of a POSIX shell.</summary>
    private static string Quote(string word) =>
        word.AsSpan().ContainsAnyExcept(Plain) ? $"'{word.Replace("'", @"'\''", StringComparison.Ordinal)}'" : word;
}
