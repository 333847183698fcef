using System.Security.Cryptography;
using System.Text;
using Sallyport.Evidence.Records;
using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Recording;

/// <summary>The record fields of one command, encoded once and copied into every execution's records. Immutable.</summary>
public sealed class EncodedCommand
{
    private const int MaxTemplateBytes = 32 << 10;
    private const int MaxListBytes = 8 << 10;
    private const int MaxInferenceBytes = 4 << 10;
    private const int InferenceOverheadBytes = 64;
    private const int ReservedRuneBytes = 4;

    private readonly byte[] _fields;

    private EncodedCommand(byte[] fields) => _fields = fields;

    /// <summary>The fields as canonical JSON, starting with a comma.</summary>
    internal ReadOnlySpan<byte> Fields => _fields;

    internal static EncodedCommand From(Command command)
    {
        var line = new LineWriter();
        line.Field("class"u8, ClassName(command.Class));
        line.Field("effects"u8, EffectNames(command.Effects));
        if (command.Unbounded)
        {
            line.Field("unbounded"u8, 1);
        }
        if (command.TouchesPhi)
        {
            line.Field("phi"u8, 1);
        }
        // Every column that is shown is recorded: where they need room, less of the template is.
        var unmasked = Unmasked(command.Unmasked);
        WriteTemplate(line, command.Template, MaxTemplateBytes - unmasked.Length);
        WriteList(line, "objects"u8, "objects_more"u8, command.Relations.Select(Describe));
        WriteList(line, "functions"u8, "functions_more"u8, command.Functions);
        WriteList(line, "phi_columns"u8, "phi_columns_more"u8, command.PhiColumns);
        line.Raw(unmasked.Written);
        WriteInferences(line, command.Inferences);
        return new EncodedCommand(line.Written.ToArray());
    }

    private static LineWriter Unmasked(IReadOnlyCollection<UnmaskedColumn> columns)
    {
        var line = new LineWriter();
        if (columns.Count == 0)
        {
            return line;
        }
        line.Name("unmasked"u8);
        var separator = "["u8;
        foreach (var (column, grant) in columns)
        {
            line.Raw(separator);
            line.Raw("{\"col\":"u8);
            line.Text(column);
            line.Field("grant"u8, grant);
            line.Raw("}"u8);
            separator = ","u8;
        }
        line.Raw("]"u8);
        return line;
    }

    private static void WriteInferences(LineWriter line, IReadOnlyCollection<ColumnInference> inferences)
    {
        var encoded = new LineWriter();
        var left = 0;
        foreach (var inference in inferences)
        {
            if (left > 0 || encoded.Length + (long)inference.Column.Length * 6 + InferenceOverheadBytes > MaxInferenceBytes)
            {
                left++;
                continue;
            }
            encoded.Raw(encoded.Length == 0 ? "{\"col\":"u8 : ",{\"col\":"u8);
            encoded.Text(inference.Column);
            encoded.Field("kind"u8, inference.Kind);
            if (inference.Values > 0)
            {
                encoded.Field("values"u8, inference.Values);
            }
            encoded.Raw("}"u8);
        }
        if (encoded.Length > 0)
        {
            line.Name("infers"u8);
            line.Raw("["u8);
            line.Raw(encoded.Written);
            line.Raw("]"u8);
        }
        if (left > 0)
        {
            line.Field("infers_more"u8, left);
        }
    }

    private static string ClassName(CommandClass commandClass) => commandClass switch
    {
        CommandClass.Session => "session",
        CommandClass.Read => "read",
        CommandClass.Write => "write",
        CommandClass.Ddl => "ddl",
        CommandClass.Admin => "admin",
        _ => throw new ArgumentOutOfRangeException(nameof(commandClass)),
    };

    private static string EffectNames(Effects effects) =>
        effects == Effects.None ? "" : string.Join(',', Enum.GetValues<Effects>().Where(effect => effect != Effects.None && effects.HasFlag(effect)).Select(NameOf));

    private static string NameOf(Effects effect) => effect switch
    {
        Effects.CopyIn => "copy-in",
        Effects.CopyOut => "copy-out",
        _ => effect.ToString().ToLowerInvariant(),
    };

    private static string Describe(RelationUse relation)
    {
        var access = relation.Access == RelationAccess.Write ? "w:" : "r:";
        return relation.Schema.Length == 0 ? access + relation.Name : $"{access}{relation.Schema}.{relation.Name}";
    }

    private static void WriteTemplate(LineWriter line, string template, int maxBytes)
    {
        // The fingerprint covers the whole template, also where the record holds only its beginning.
        var bytes = Encoding.UTF8.GetBytes(template);
        var encoded = new LineWriter();
        var kept = template.Length <= maxBytes ? template : template[..maxBytes];
        encoded.Text(kept);
        while (encoded.Length > maxBytes)
        {
            var excess = encoded.Length - maxBytes;
            var length = Math.Max(0, kept.Length - Math.Max(1, excess / ReservedRuneBytes));
            kept = kept[..(length > 0 && char.IsHighSurrogate(kept[length - 1]) ? length - 1 : length)];
            encoded.Clear();
            encoded.Text(kept);
        }
        line.Name("tmpl"u8);
        line.Raw(encoded.Written);
        if (kept.Length < template.Length)
        {
            line.Field("tmpl_bytes"u8, bytes.Length);
        }
        line.HexField("tmpl_fp"u8, SHA256.HashData(bytes));
    }

    private static void WriteList(LineWriter line, ReadOnlySpan<byte> name, ReadOnlySpan<byte> moreName, IEnumerable<string> values)
    {
        var encoded = new LineWriter();
        var left = 0;
        foreach (var value in values)
        {
            if (left > 0 || encoded.Length + (long)value.Length * 6 > MaxListBytes)
            {
                left++;
                continue;
            }
            encoded.Raw(encoded.Length == 0 ? ""u8 : ","u8);
            encoded.Text(value);
        }
        if (encoded.Length > 0)
        {
            line.Name(name);
            line.Raw("["u8);
            line.Raw(encoded.Written);
            line.Raw("]"u8);
        }
        if (left > 0)
        {
            line.Field(moreName, left);
        }
    }
}
