using System.Collections.Frozen;
using Sallyport.Gateway.Identity;

namespace Sallyport.Gateway.Policy;

/// <summary>A rule with its look-ups and its verdict made once.</summary>
internal sealed class CompiledRule
{
    private readonly RuleMatch _match;
    private readonly FrozenSet<string> _schemas;
    private readonly FrozenSet<RelationName> _tables;
    private readonly FrozenSet<string> _tags;
    private readonly uint _classes;

    /// <summary>A rule that opens something must cover all of the command; one that closes something needs only a part of it.</summary>
    private readonly bool _mustCoverAll;

    public CompiledRule(Rule rule)
    {
        Rule = rule;
        _match = rule.Match;
        _mustCoverAll = rule.Decision == RuleDecision.Allow;
        _schemas = _match.Schemas.ToFrozenSet(StringComparer.Ordinal);
        _tables = _match.Tables.ToFrozenSet();
        _tags = _match.Tags.ToFrozenSet(StringComparer.Ordinal);
        foreach (var commandClass in _match.Classes)
        {
            _classes |= 1u << (int)commandClass;
        }
        Fixed = rule.Decision switch
        {
            RuleDecision.Allow => new Verdict.Allow(rule.Name),
            RuleDecision.Ask => new Verdict.Ask(rule.Name, rule.Approvers, rule.Hold, rule.Expires) { Widen = rule.Widen, DryRun = rule.DryRun },
            _ => null,
        };
    }

    public Rule Rule { get; }

    /// <summary>The verdict, when it does not depend on the command: null for a denial, whose sentences do.</summary>
    public Verdict? Fixed { get; }

    /// <summary>Whether the rule can apply to anything this principal does at this target.</summary>
    public bool Concerns(Principal principal, string target) =>
        (_match.Targets.IsEmpty || _match.Targets.Contains(target))
        && (_match.Kinds.IsEmpty || _match.Kinds.Contains(principal.Kind))
        && (_match.Groups.IsEmpty || _match.Groups.Any(principal.Groups.Contains))
        && (_match.Principals.IsEmpty || _match.Principals.Any(p => p.Matches(principal)));

    public bool Matches(Command command, PhiMap phi) =>
        MatchesClass(command.Class)
        && MatchesEffects(command.Effects)
        && (_match.Unbounded is null || _match.Unbounded == command.Unbounded)
        && (_match.Phi is null || _match.Phi == command.TouchesPhi)
        && (_tags.Count == 0 || MatchesTags(command, phi))
        && (_schemas.Count == 0 || MatchesRelations(command, static (rule, use) => rule.InSchemas(use)))
        && (_tables.Count == 0 || MatchesRelations(command, static (rule, use) => rule.InTables(use)));

    /// <summary>Session control is outside of rules unless a rule asks for it by name: holding a ROLLBACK for a reviewer helps nobody.</summary>
    private bool MatchesClass(CommandClass commandClass) =>
        _classes == 0 ? commandClass != CommandClass.Session : (_classes & (1u << (int)commandClass)) != 0;

    private bool MatchesEffects(Effects effects)
    {
        if (_match.Effects == Effects.None)
        {
            return true;
        }
        return _mustCoverAll
            ? effects != Effects.None && (effects & ~_match.Effects) == Effects.None
            : (effects & _match.Effects) != Effects.None;
    }

    private bool MatchesTags(Command command, PhiMap phi)
    {
        foreach (var column in command.PhiColumns)
        {
            // A column the map no longer knows counts as whatever makes the rule stricter.
            var tag = phi.TagOf(column);
            var listed = tag is null ? !_mustCoverAll : _tags.Contains(tag);
            if (listed != _mustCoverAll)
            {
                return listed;
            }
        }
        return _mustCoverAll && !command.PhiColumns.IsEmpty;
    }

    private bool MatchesRelations(Command command, Func<CompiledRule, RelationUse, bool> isListed)
    {
        if (!_mustCoverAll && GrantCheck.ChangesSomethingUnnamed(command))
        {
            // DROP SCHEMA, CREATE FUNCTION: what it changes may well be what the rule is about.
            return true;
        }
        var seen = false;
        foreach (var use in command.Relations)
        {
            if (_mustCoverAll && SystemSchemas.IsCatalogRead(use))
            {
                continue;
            }
            seen = true;
            if (isListed(this, use) != _mustCoverAll)
            {
                return !_mustCoverAll;
            }
        }
        return _mustCoverAll && seen;
    }

    private bool InSchemas(RelationUse use) => use.Schema.Length == 0 ? !_mustCoverAll : _schemas.Contains(use.Schema);

    private bool InTables(RelationUse use)
    {
        if (use.Schema.Length > 0)
        {
            return _tables.Contains(new RelationName(use.Schema, use.Name));
        }
        return !_mustCoverAll && _match.Tables.Any(t => t.Name == use.Name);
    }
}
