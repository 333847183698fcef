using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Access;

/// <summary>Whether a request is well formed, whoever makes it.</summary>
internal static class AccessAskCheck
{
    private static readonly TimeSpan LongestAhead = TimeSpan.FromDays(60);

    /// <summary>One sentence that says what is wrong, or null.</summary>
    public static string? Fault(AccessAsk ask, DateTimeOffset now)
    {
        var scope = ask.Scope;
        if (scope.Allow.IsEmpty || scope.Allow.Any(static wanted => wanted is not (CommandClass.Read or CommandClass.Write or CommandClass.Ddl)))
        {
            return "Access is for read, write or ddl.";
        }
        if (scope.Schemas.Length > AccessScope.MaxNames || scope.Tables.Length > AccessScope.MaxNames
            || scope.Unmasked.Length > AccessScope.MaxNames || scope.Never.Length > AccessScope.MaxNames)
        {
            return $"A request names at most {AccessScope.MaxNames} schemas, tables or columns each.";
        }
        if (scope.Schemas.Any(static schema => schema.Length is 0 or > QualifiedName.MaxIdentifierBytes || schema.Any(char.IsControl))
            || scope.Tables.Any(static table => table.Schema.Any(char.IsControl) || table.Name.Any(char.IsControl)))
        {
            return "A name of a schema or table is not one PostgreSQL can have.";
        }
        if (!scope.Unmasked.IsEmpty && !scope.Allow.Contains(CommandClass.Read))
        {
            return "Columns are shown only to who may read.";
        }
        if (scope.Unmasked.FirstOrDefault(scope.Never.Contains) is { } both)
        {
            return $"{both} cannot be shown and left out.";
        }
        if (scope.HiddenTable is { } table)
        {
            return $"A column of {table} is to be shown, and the table is not asked for.";
        }
        if ((ask.Until is null) == (ask.Length is null))
        {
            return "Say either until when or for how long.";
        }
        if (ask.Length <= TimeSpan.Zero || ask.Length > LongestAhead || ask.From > now + LongestAhead)
        {
            return $"Access begins and lasts at most {LongestAhead.TotalDays:0} days from now.";
        }
        var (from, until) = ask.At(now);
        return until <= from ? "The access would end before it begins." : null;
    }

    /// <summary>The first named column that has no tag, or null.</summary>
    public static string? UntaggedColumn(AccessScope scope, PhiMap phi) => scope.Unmasked.Concat(scope.Never).FirstOrDefault(column => phi.TagOf(column) is null);

    /// <summary>Whether two requests ask for the same.</summary>
    public static bool IsSame(AccessAsk left, AccessAsk right) =>
        left.Target == right.Target && left.From == right.From && left.Until == right.Until && left.Length == right.Length
        && left.Scope.Allow.ToHashSet().SetEquals(right.Scope.Allow)
        && left.Scope.Schemas.ToHashSet(StringComparer.Ordinal).SetEquals(right.Scope.Schemas)
        && left.Scope.Tables.ToHashSet().SetEquals(right.Scope.Tables)
        && left.Scope.Unmasked.ToHashSet(StringComparer.Ordinal).SetEquals(right.Scope.Unmasked)
        && left.Scope.Never.ToHashSet(StringComparer.Ordinal).SetEquals(right.Scope.Never);
}
