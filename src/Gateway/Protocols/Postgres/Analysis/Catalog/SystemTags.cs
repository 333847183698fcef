namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Catalog;

/// <summary>Columns of system relations that hold copies of stored values, secrets, or texts of other sessions.</summary>
internal static class SystemTags
{
    private static readonly HashSet<(string Relation, string Column)> Tagged =
    [
        ("pg_statistic", "stavalues1"), ("pg_statistic", "stavalues2"), ("pg_statistic", "stavalues3"), ("pg_statistic", "stavalues4"),
        ("pg_statistic", "stavalues5"), ("pg_statistic_ext_data", "stxdmcv"), ("pg_statistic_ext_data", "stxdexpr"),
        ("pg_attribute", "attmissingval"), ("pg_user_mapping", "umoptions"), ("pg_authid", "rolpassword"),
        ("pg_largeobject", "data"), ("pg_subscription", "subconninfo"),
    ];

    /// <summary>Partition bounds are values of the partition key: PHI only while a tagged column is one.</summary>
    public const string PartitionBound = "pg_catalog.pg_class.relpartbound";

    public static TaggedSource?[] Resolve(RelationRows rows)
    {
        var tags = new TaggedSource?[rows.Columns.Length];
        for (var i = 0; i < tags.Length; i++)
        {
            if (rows.Columns[i] is { } column && rows.Schema is "pg_catalog"
                && (Tagged.Contains((rows.Name, column)) || (rows.Name, column) is ("pg_class", "relpartbound")))
            {
                tags[i] = new TaggedSource(rows.Schema, rows.Name, column, ReservedTags.SystemData, maskIsConstant: false);
            }
        }

        return tags;
    }
}
