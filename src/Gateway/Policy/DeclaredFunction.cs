using System.Diagnostics.CodeAnalysis;

namespace Sallyport.Gateway.Policy;

/// <summary>A user function the operator has read and vouches for.</summary>
/// <param name="Schema">Its schema.</param>
/// <param name="Name">Its name.</param>
/// <param name="Arguments">Its argument types in the one spelling of <see cref="Spell"/>; null for every function of the name.</param>
/// <param name="Trust">What it was found to do.</param>
/// <param name="Sha256">
/// The definition that was read, as 64 hexadecimal digits of lower case. Null only for <see cref="FunctionTrust.Pure"/>: then the name alone is trusted.
/// </param>
public sealed record DeclaredFunction(string Schema, string Name, string? Arguments, FunctionTrust Trust, string? Sha256)
{
    // PostgreSQL's other names for its own types, without spaces.
    private static readonly Dictionary<string, string> OtherNames = new(StringComparer.Ordinal)
    {
        ["int"] = "integer",
        ["int4"] = "integer",
        ["int8"] = "bigint",
        ["int2"] = "smallint",
        ["float8"] = "doubleprecision",
        ["float4"] = "real",
        ["bool"] = "boolean",
        ["varchar"] = "charactervarying",
        ["char"] = "character",
        ["decimal"] = "numeric",
        ["timestamptz"] = "timestampwithtimezone",
        ["timestamp"] = "timestampwithouttimezone",
        ["timetz"] = "timewithtimezone",
        ["time"] = "timewithouttimezone",
    };

    /// <summary>Reads <c>schema.name</c> or <c>schema.name(type, type)</c>.</summary>
    public static bool TryParse(string text, FunctionTrust trust, string? sha256, [NotNullWhen(true)] out DeclaredFunction? function)
    {
        ArgumentNullException.ThrowIfNull(text);
        var open = text.IndexOf('(', StringComparison.Ordinal);
        var isClosed = open < 0 || text.EndsWith(')');
        function = isClosed && QualifiedName.TrySplit(open < 0 ? text : text[..open], 2, out var parts)
            ? new DeclaredFunction(parts[0], parts[1], open < 0 ? null : Spell(text[(open + 1)..^1]), trust, sha256)
            : null;
        return function is not null;
    }

    /// <summary>The one spelling of a list of types: without spaces, and with the names PostgreSQL shows, e.g. <c>integer,text[]</c>.</summary>
    public static string Spell(string types)
    {
        ArgumentNullException.ThrowIfNull(types);
        return string.Join(',', types.Split(',').Select(static type => SpellOne(type.Replace(" ", "", StringComparison.Ordinal))));
    }

    private static string SpellOne(string type)
    {
        var end = type.IndexOf('[', StringComparison.Ordinal);
        var (element, dimensions) = end < 0 ? (type, "") : (type[..end], "[]");
        return OtherNames.GetValueOrDefault(element, element) + dimensions;
    }
}

/// <summary>What a user function may do to the tags of what goes through it.</summary>
public enum FunctionTrust
{
    /// <summary>The result depends on the arguments only: it is protected where one of them is.</summary>
    Pure,

    /// <summary>The result is never protected, whatever the arguments are and whatever it reads.</summary>
    Clean,

    /// <summary>The result is always protected.</summary>
    Tainting,
}
