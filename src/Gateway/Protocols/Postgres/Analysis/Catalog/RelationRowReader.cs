using System.Globalization;
using System.Text;

namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Catalog;

/// <summary>Collects the rows of the catalogue query that describe relations, by relation.</summary>
internal static class RelationRowReader
{
    /// <summary>Highest attribute number PostgreSQL allows (MaxHeapAttributeNumber).</summary>
    private const int MaxColumns = 1600;

    public static void Add(Dictionary<uint, RelationRows> relations, byte[]?[] row)
    {
        var oid = uint.Parse(Text(row, 1), CultureInfo.InvariantCulture);
        if (Text(row, 0) is "r")
        {
            relations[oid] = new RelationRows { Oid = oid, Schema = Text(row, 2), Name = Text(row, 3), Kind = Text(row, 4)[0] };
            return;
        }

        if (!relations.TryGetValue(oid, out var relation))
        {
            return;
        }

        switch (Text(row, 0))
        {
            case "c":
                AddColumn(relation, Number(row, 2), Text(row, 3));
                break;
            case "i":
                relation.Family.Add((Text(row, 2), Text(row, 3)));
                break;
            case "k":
                relation.ForeignKeys.Add((Number(row, 2), Text(row, 3), Text(row, 4), Text(row, 5)));
                break;
            case "g":
                relation.GeneratedFrom.Add((Number(row, 2), Number(row, 3)));
                break;
            case "d":
                relation.Definition = row[2];
                break;
        }
    }

    private static void AddColumn(RelationRows relation, int attribute, string name)
    {
        if (attribute is <= 0 or > MaxColumns)
        {
            return;
        }

        if (relation.Columns.Length < attribute)
        {
            var wider = new string?[attribute];
            relation.Columns.CopyTo(wider, 0);
            relation.Columns = wider;
        }

        relation.Columns[attribute - 1] = name;
    }

    private static string Text(byte[]?[] row, int column) => column < row.Length && row[column] is { } value ? Encoding.UTF8.GetString(value) : "";

    private static int Number(byte[]?[] row, int column) => int.Parse(Text(row, column), CultureInfo.InvariantCulture);
}
