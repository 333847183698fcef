using System.Collections.Frozen;
using System.Text;
using Sallyport.Gateway.Masking;
using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Configuration;

/// <summary>Reads <c>masks:</c>. An entry is an operator's name, or a map with the operator and its settings.</summary>
internal static class MasksBinder
{
    private const string DefaultKey = "default";
    private const int MaxListBytes = 64 * 1024;

    private static readonly FrozenDictionary<string, MaskKind> Kinds =
        Enum.GetValues<MaskKind>().ToFrozenDictionary(k => PolicyNames.Kebab(k.ToString()), StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, bool> Kept =
        Enumerable.Range(1, MaskOperator.Partial.MostKept).Select(static count => $"{count}").Append("domain").ToFrozenDictionary(static name => name, static _ => true);

    private static readonly FrozenDictionary<string, TokenScope> Scopes =
        Enum.GetValues<TokenScope>().ToFrozenDictionary(k => PolicyNames.Kebab(k.ToString()), StringComparer.Ordinal);

    /// <summary>The operator of each tag, and of the tags without an entry.</summary>
    public static (Dictionary<string, MaskOperator> Masks, MaskOperator Default) Bind(Section root, Binding binding)
    {
        var masks = new Dictionary<string, MaskOperator>(StringComparer.Ordinal);
        MaskOperator otherwise = new MaskOperator.Redact();
        foreach (var entry in root.Entries("masks"))
        {
            if (Operator(entry, binding) is not { } mask
                || (entry.Key != DefaultKey && !binding.Exists(new ConfigurationNode.Text(entry.Key, entry.Line), binding.Tags, "tag")))
            {
                continue;
            }
            if (entry.Key == DefaultKey)
            {
                otherwise = mask;
            }
            else if (!masks.TryAdd(entry.Key, mask))
            {
                binding.Problems.Add(entry.Line, $"the mask of {entry.Key} stands here a second time", "remove one");
            }
        }
        return (masks, otherwise);
    }

    private static MaskOperator? Operator(ConfigurationNode.Entry entry, Binding binding)
    {
        switch (entry.Value)
        {
            case ConfigurationNode.Map map:
                var section = new Section(map, $"masks.{entry.Key}.", binding.Problems);
                var mask = Long(section, entry, binding);
                section.Finish();
                return mask;
            case ConfigurationNode.Text { Value: var name } when Kinds.TryGetValue(name, out var kind) && kind is not (MaskKind.Constant or MaskKind.DateShift):
                return MaskOperator.Of(kind);
            case ConfigurationNode.Text { Value: "constant" }:
                binding.Problems.Add(entry.Line, $"the constant of {entry.Key} is missing", "write {constant: VALUE}");
                return null;
            case ConfigurationNode.Text { Value: "date-shift" }:
                binding.Problems.Add(entry.Line, $"date-shift of {entry.Key} has no key", "write {mask: date-shift, key: schema.table.column}");
                return null;
            default:
                var written = entry.Value is ConfigurationNode.Text text ? text.Value : "";
                binding.Problems.Add(entry.Line, $"the mask of {entry.Key} does not exist", Spelling.Remedy(written, Kinds.Keys.Order()));
                return null;
        }
    }

    private static MaskOperator? Long(Section section, ConfigurationNode.Entry entry, Binding binding)
    {
        if (section.Has("constant"))
        {
            if (section.Has("mask") && section.Choice("mask", Kinds) is { } other and not MaskKind.Constant)
            {
                section.Problem("mask", $"{PolicyNames.Kebab(other.ToString())} takes no constant", "write one of mask and constant");
            }
            return Constant(section);
        }
        section.Require("mask");
        return section.Choice("mask", Kinds) switch
        {
            null => null,
            MaskKind.Constant => MissingConstant(section, entry),
            MaskKind.Token => new MaskOperator.Token(section.Choice("scope", Scopes) ?? TokenScope.Session),
            MaskKind.DateShift => DateShift(section),
            MaskKind.Partial => Partial(section),
            MaskKind.Zip3 => Zip3(section, binding),
            var kind => MaskOperator.Of(kind.Value),
        };
    }

    private static MaskOperator.Constant? MissingConstant(Section section, ConfigurationNode.Entry entry)
    {
        section.Problem("mask", $"the constant of {entry.Key} is missing", "write {constant: VALUE}");
        return null;
    }

    private static MaskOperator.Constant? Constant(Section section)
    {
        if (section.Text("constant") is not { } value)
        {
            return null;
        }
        if (Encoding.UTF8.GetByteCount(value) <= MaskOperator.Constant.MaxBytes && !value.Any(char.IsControl))
        {
            return new MaskOperator.Constant(value);
        }
        section.Problem("constant", "the constant is too long, or holds a control character", $"use one line of at most {MaskOperator.Constant.MaxBytes} bytes");
        return null;
    }

    private static MaskOperator.DateShift? DateShift(Section section)
    {
        section.Require("key");
        var keys = new List<string>();
        foreach (var key in section.Texts("key"))
        {
            if (QualifiedName.TrySplit(key.Value, 3, out var parts))
            {
                keys.Add(QualifiedName.Join(parts[0], parts[1], parts[2]));
            }
            else
            {
                section.Problems.Add(key.Line, $"{key.Value} is not a column's name", "write schema.table.column of the patient's key, for each table with dates");
            }
        }
        return keys.Count > 0 ? new MaskOperator.DateShift(string.Join('\n', keys.Order(StringComparer.Ordinal))) : null;
    }

    private static MaskOperator.Partial Partial(Section section)
    {
        var kept = section.Text("keep");
        if (kept is null)
        {
            return new MaskOperator.Partial();
        }
        if (!Kept.ContainsKey(kept))
        {
            section.Problem("keep", $"{kept} cannot be kept", $"write 1 to {MaskOperator.Partial.MostKept} for the last characters, or domain for mail addresses");
            return new MaskOperator.Partial();
        }
        return kept == "domain" ? new MaskOperator.Partial(KeepsDomain: true) : new MaskOperator.Partial(kept[0] - '0');
    }

    private static MaskOperator.Zip3? Zip3(Section section, Binding binding)
    {
        if (!section.Has("sparse"))
        {
            return new MaskOperator.Zip3();
        }
        if (binding.ReadableFile(section, "sparse") is not { } path)
        {
            return null;
        }
        try
        {
            if (SparseZips.Parse(BoundedFile.ReadText(path, MaxListBytes)) is { } sparse)
            {
                return new MaskOperator.Zip3(sparse);
            }
        }
        catch (Exception problem) when (problem is IOException or InvalidDataException)
        {
            // Said below, with what the file should hold.
        }
        section.Problem("sparse", $"file {path} is not a list of areas", "write three digits for each, with spaces or line ends between them, and # before comments");
        return null;
    }

    /// <summary>Where the keys are that outlive a session; null for a file in the data folder.</summary>
    public static SecretSource? BindKeys(Section root, Binding binding)
    {
        if (root.Child("maskKeys") is not { } section)
        {
            return null;
        }
        var file = binding.ReadableFile(section, "file", isSecret: true);
        var variable = section.Text("env");
        if (section.Has("file") == section.Has("env"))
        {
            root.Problem("maskKeys", "maskKeys needs exactly one of file and env", "write {file: PATH} or {env: NAME}");
        }
        section.Finish();
        SecretSource? source = file is not null ? new SecretSource.FromFile(file) : variable is not null ? new SecretSource.FromEnvironment(variable) : null;
        try
        {
            _ = source is null ? null : MaskKeyRing.Parse(source.Read());
        }
        catch (Exception problem) when (problem is InvalidDataException or InvalidOperationException)
        {
            root.Problem("maskKeys", $"the mask keys cannot be used: {problem.Message}", "give lines of an epoch and 64 hexadecimal digits, such as: 1 $(openssl rand -hex 32)");
        }
        return source;
    }
}
