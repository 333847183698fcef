namespace Sallyport.Gateway.Configuration;

/// <summary>Guesses which known name a misspelt one was meant to be.</summary>
internal static class Spelling
{
    private const int MaxLength = 64;

    private const int MaxListed = 24;

    /// <summary>A remedy: the likely name, or the list of names.</summary>
    public static string Remedy(string unknown, IEnumerable<string> known)
    {
        var names = known.Distinct(StringComparer.Ordinal).ToList();
        if (Nearest(unknown, names) is { } nearest)
        {
            return $"did you mean {nearest}?";
        }
        if (names.Count == 0)
        {
            return "remove it; there is nothing to name here";
        }
        return $"use one of: {string.Join(", ", names.Take(MaxListed))}{(names.Count > MaxListed ? ", ..." : "")}";
    }

    private static string? Nearest(string unknown, List<string> names)
    {
        if (unknown.Length is 0 or > MaxLength)
        {
            return null;
        }
        var plain = Plain(unknown);
        var (name, distance) = names
            .Where(n => n.Length <= MaxLength)
            .Select(n => (Name: n, Distance: Distance(plain, Plain(n))))
            .OrderBy(c => c.Distance)
            .FirstOrDefault();
        return name is not null && distance <= Math.Max(1, plain.Length / 3) ? name : null;
    }

    /// <summary>Case and the choice of -, _ or camelCase are how people differ without noticing.</summary>
    private static string Plain(string name) => string.Concat(name.Where(char.IsAsciiLetterOrDigit)).ToLowerInvariant();

    /// <summary>Optimal string alignment: insertions, deletions, replacements, and two neighbours swapped, each counted once.</summary>
    private static int Distance(string from, string to)
    {
        var distances = new int[from.Length + 1, to.Length + 1];
        for (var i = 0; i <= from.Length; i++)
        {
            distances[i, 0] = i;
        }
        for (var j = 0; j <= to.Length; j++)
        {
            distances[0, j] = j;
        }
        for (var i = 1; i <= from.Length; i++)
        {
            for (var j = 1; j <= to.Length; j++)
            {
                var replaced = distances[i - 1, j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
                var shortest = Math.Min(replaced, Math.Min(distances[i - 1, j], distances[i, j - 1]) + 1);
                var swapped = i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1];
                distances[i, j] = swapped ? Math.Min(shortest, distances[i - 2, j - 2] + 1) : shortest;
            }
        }
        return distances[from.Length, to.Length];
    }
}
