using System.Text;

namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Trees;

/// <summary>The exact fields, in order, of one node type in the dumps of one major version.</summary>
internal sealed class Shape
{
    private static readonly Dictionary<string, Field> FieldsByName = BuildFieldNames();

    private readonly sbyte[] _ordinals = new sbyte[(int)Field.Count];

    public Shape(NodeKind kind, IReadOnlyList<string> fields)
    {
        Kind = kind;
        Fields = [.. fields.Select(Encoding.ASCII.GetBytes)];
        Array.Fill(_ordinals, (sbyte)-1);
        for (var i = 0; i < fields.Count; i++)
        {
            if (FieldsByName.TryGetValue(Normalize(fields[i]), out var field))
            {
                _ordinals[(int)field] = (sbyte)i;
            }

            ConstantValue = fields[i] is "constvalue" ? i : ConstantValue;
            Utility = fields[i] is "utilityStmt" ? i : Utility;
            EntryKind = fields[i] is "rtekind" ? i : EntryKind;
        }
    }

    public NodeKind Kind { get; }

    public byte[][] Fields { get; }

    /// <summary>Ordinal of the one field whose value is a byte array, or -1.</summary>
    public int ConstantValue { get; } = -1;

    /// <summary>Ordinal of the one field whose value is a raw statement that is not read, or -1.</summary>
    public int Utility { get; } = -1;

    /// <summary>Ordinal of the field that decides which fields follow (range table entries), or -1.</summary>
    public int EntryKind { get; } = -1;

    /// <summary>The position of <paramref name="field"/>, or -1 when this major does not have it.</summary>
    public int Ordinal(Field field) => _ordinals[(int)field];

    private static string Normalize(string name) => name.Replace("_", "").ToUpperInvariant();

    private static Dictionary<string, Field> BuildFieldNames()
    {
        var names = new Dictionary<string, Field>(StringComparer.Ordinal);
        foreach (var field in Enum.GetValues<Field>())
        {
            names[Normalize(field.ToString())] = field;
        }

        return names;
    }
}
