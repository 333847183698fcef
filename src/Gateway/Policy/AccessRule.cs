using System.Collections.Immutable;
using Sallyport.Gateway.Identity;

namespace Sallyport.Gateway.Policy;

/// <summary>Who may ask for which access, and who decides. Rules are read top to bottom; the first that takes a request settles who decides.</summary>
public sealed record AccessRule
{
    /// <summary>Most people a quorum may need.</summary>
    public const int MaxQuorum = 10;

    /// <summary>Most groups that all have to agree.</summary>
    public const int MaxRequirements = 10;

    public required string Name { get; init; }

    /// <summary>Members of any of these groups may ask.</summary>
    public ImmutableArray<string> Groups { get; init; } = [];

    /// <summary>These principals may ask too.</summary>
    public ImmutableArray<PrincipalMatch> Principals { get; init; } = [];

    /// <summary>Only callers of these kinds; empty for both.</summary>
    public ImmutableArray<PrincipalKind> Kinds { get; init; } = [];

    public required ImmutableArray<string> Targets { get; init; }

    /// <summary>What may be asked for at most. With no schema and no table anything of the target.</summary>
    public required AccessScope Most { get; init; }

    /// <summary>
    /// Who has to agree: one person for each entry, who is in any of its groups, and no person for two of them. Empty where
    /// <see cref="IsAutomatic"/>.
    /// </summary>
    public ImmutableArray<ImmutableArray<string>> Approvers { get; init; } = [];

    /// <summary>How many different people have to agree; at least one for each entry of <see cref="Approvers"/>.</summary>
    public int Quorum { get; init; } = 1;

    /// <summary>Whether the rule itself gives what it takes.</summary>
    public bool IsAutomatic { get; init; }

    public required TimeSpan MaxLength { get; init; }

    /// <summary>How long a request waits to be decided.</summary>
    public TimeSpan Expires { get; init; } = TimeSpan.FromHours(1);

    /// <summary>When requests are taken and decided. What is given ends with the window at the latest. Null for always.</summary>
    public AccessHours? Hours { get; init; }

    /// <summary>All groups whose members have a say.</summary>
    public IEnumerable<string> ApproverGroups => Approvers.SelectMany(static groups => groups).Distinct(StringComparer.Ordinal);

    public bool IsFor(Principal principal, string target) =>
        Targets.Contains(target)
        && (Kinds.IsEmpty || Kinds.Contains(principal.Kind))
        && (Groups.Any(principal.Groups.Contains) || Principals.Any(match => match.Matches(principal)));

    /// <summary>Whether the rule takes a request of somebody it is for; else one sentence that says why not.</summary>
    public string? Refusal(AccessAsk ask, DateTimeOffset now)
    {
        if (ask.Scope.Allow.FirstOrDefault(wanted => !Most.Allow.Contains(wanted)) is var notAllowed and not CommandClass.Session)
        {
            return $"rule {Name} gives {string.Join(" and ", Most.Allow.Select(PolicyNames.NameOf))}, not {PolicyNames.NameOf(notAllowed)}";
        }
        if (Outside(ask.Scope) is { } outside)
        {
            return $"rule {Name} does not reach {outside}";
        }
        if (ask.Scope.Unmasked.FirstOrDefault(column => !Most.Unmasked.Contains(column)) is { } masked)
        {
            return $"rule {Name} does not show {masked} unmasked";
        }
        if (IsAutomatic && !ask.Scope.Unmasked.IsEmpty)
        {
            return $"rule {Name} gives without a person, and only people show columns unmasked";
        }
        var (from, until) = ask.At(now);
        if (until - from > MaxLength)
        {
            return $"rule {Name} gives at most {Spell(MaxLength)}";
        }
        return Hours is not null && (Hours.EndOfWindow(now) is null || Hours.EndOfWindow(from) is null)
            ? $"rule {Name} is not in force at this time"
            : null;
    }

    /// <summary>When access that begins at <paramref name="from"/> ends: not after the rule's hours.</summary>
    public DateTimeOffset Cut(DateTimeOffset from, DateTimeOffset until) => Hours?.EndOfWindow(from) is { } end && end < until ? end : until;

    /// <summary>A length of time as the command line takes it: <c>2h</c>, <c>1h30m</c>, <c>45s</c>.</summary>
    public static string Spell(TimeSpan length)
    {
        var seconds = (long)length.TotalSeconds;
        var text = (seconds >= 3600 ? $"{seconds / 3600}h" : "") + (seconds % 3600 >= 60 ? $"{seconds % 3600 / 60}m" : "") + (seconds % 60 > 0 ? $"{seconds % 60}s" : "");
        return text.Length == 0 ? "0s" : text;
    }

    private string? Outside(AccessScope scope)
    {
        if (!Most.IsLimited)
        {
            return null;
        }
        if (!scope.IsLimited)
        {
            return "the whole database";
        }
        return scope.Schemas.FirstOrDefault(schema => !Most.Schemas.Contains(schema))
            ?? scope.Tables.Where(table => !Most.Schemas.Contains(table.Schema) && !Most.Tables.Contains(table))
                .Select(static table => QualifiedName.Join(table.Schema, table.Name)).FirstOrDefault();
    }
}
