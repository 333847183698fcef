using System.Collections.Immutable;
using System.Text;

namespace Sallyport.Gateway.Policy;

/// <summary>The names that configuration, ledger and console use for classes and effects: member names in kebab case.</summary>
public static class PolicyNames
{
    private static readonly ImmutableArray<(string Name, CommandClass Value)> ClassNames =
        [.. Enum.GetValues<CommandClass>().Select(c => (Kebab(c.ToString()), c))];

    private static readonly ImmutableArray<(string Name, Effects Value)> EffectNames =
        [.. Enum.GetValues<Effects>().Where(e => e != Effects.None).Select(e => (Kebab(e.ToString()), e))];

    public static IEnumerable<string> Classes => ClassNames.Select(c => c.Name);

    public static IEnumerable<string> AllEffects => EffectNames.Select(e => e.Name);

    public static string NameOf(CommandClass commandClass) => ClassNames[(int)commandClass].Name;

    /// <summary>The names of the effects that are set, in a fixed order.</summary>
    public static IEnumerable<string> NamesOf(Effects effects) => EffectNames.Where(e => effects.HasFlag(e.Value)).Select(e => e.Name);

    public static bool TryParseClass(string name, out CommandClass commandClass)
    {
        foreach (var candidate in ClassNames)
        {
            if (candidate.Name == name)
            {
                commandClass = candidate.Value;
                return true;
            }
        }
        commandClass = default;
        return false;
    }

    public static bool TryParseEffect(string name, out Effects effect)
    {
        foreach (var candidate in EffectNames)
        {
            if (candidate.Name == name)
            {
                effect = candidate.Value;
                return true;
            }
        }
        effect = Effects.None;
        return false;
    }

    /// <summary><c>CopyIn</c> becomes <c>copy-in</c>.</summary>
    public static string Kebab(string memberName)
    {
        ArgumentNullException.ThrowIfNull(memberName);
        var name = new StringBuilder(memberName.Length + 4);
        foreach (var character in memberName)
        {
            if (char.IsAsciiLetterUpper(character) && name.Length > 0)
            {
                name.Append('-');
            }
            name.Append(char.ToLowerInvariant(character));
        }
        return name.ToString();
    }
}
