using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Protocols.Postgres.Sql.Statements;

/// <summary>LOCK, VACUUM, ANALYZE, TRUNCATE, DROP and COMMENT. The reader stands behind the first word.</summary>
internal static class TableStatements
{
    private static readonly string[] MaintenanceOptions =
    [
        "full", "freeze", "verbose", "analyze", "analyse", "disable_page_skipping", "skip_locked", "index_cleanup", "process_main", "process_toast",
        "truncate", "parallel", "skip_database_stats", "only_database_stats", "buffer_usage_limit",
    ];

    public static StatementForm? Lock(ref SqlReader reader)
    {
        reader.Take("table");
        var relations = new List<NamedRelation>();
        if (!reader.TakeRelations(relations))
        {
            return null;
        }

        var isShared = false;
        if (reader.Take("in"))
        {
            isShared = reader.TakeAll("access", "share") || reader.TakeAll("row", "share");
            var isKnown = isShared || reader.TakeAll("access", "exclusive") || reader.TakeAll("row", "exclusive")
                || reader.TakeAll("share", "update", "exclusive") || reader.TakeAll("share", "row", "exclusive") || reader.TakeAny("share", "exclusive");
            if (!isKnown || !reader.Take("mode"))
            {
                return null;
            }
        }

        reader.Take("nowait");
        return reader.AtEnd ? new StatementForm.Lock(isShared) { Relations = relations } : null;
    }

    public static StatementForm? Maintain(ref SqlReader reader)
    {
        if (reader.TakeSymbol('('))
        {
            if (!TakeMaintenanceOptions(ref reader))
            {
                return null;
            }
        }
        else
        {
            while (reader.TakeAny("full", "freeze", "verbose", "analyze", "analyse"))
            {
            }
        }

        var relations = new List<NamedRelation>();
        while (!reader.AtEnd)
        {
            reader.Take("only");
            var hasColumns = reader.TakeRelation(out var relation) && reader.AtSymbol('(');
            if (relation.Name is null || relations.Count == SqlLimits.MaxListItems || (hasColumns && !reader.TakeNames([])))
            {
                return null;
            }

            relations.Add(relation);
            if (!reader.AtEnd && (!reader.TakeSymbol(',') || reader.AtEnd))
            {
                return null;
            }
        }

        return new StatementForm.Maintain { Relations = relations };
    }

    public static StatementForm? Truncate(ref SqlReader reader)
    {
        reader.Take("table");
        var relations = new List<NamedRelation>();
        if (!reader.TakeRelations(relations))
        {
            return null;
        }

        _ = reader.TakeAll("restart", "identity") || reader.TakeAll("continue", "identity");
        reader.TakeAny("cascade", "restrict");
        return reader.AtEnd ? new StatementForm.Truncate { Relations = relations } : null;
    }

    public static StatementForm? Drop(ref SqlReader reader)
    {
        var kind = reader.TakeName(out var word) ? word : "";
        var isPlain = kind is "table" or "view" or "index" or "sequence" or "schema";
        if (kind == "materialized" && reader.Take("view"))
        {
            isPlain = true;
            kind = "materialized view";
        }

        if (!isPlain)
        {
            return Refusals.OfObject("drop", kind, Effects.Drop);
        }

        var isConcurrent = kind == "index" && reader.Take("concurrently");
        reader.TakeAll("if", "exists");
        var relations = new List<NamedRelation>();
        if (!reader.TakeRelations(relations))
        {
            return null;
        }

        reader.TakeAny("cascade", "restrict");
        if (!reader.AtEnd)
        {
            return null;
        }

        var dropped = kind == "schema" ? relations.ConvertAll(schema => new NamedRelation(schema.Name, "")) : relations;
        return new StatementForm.Drop(kind, isConcurrent) { Relations = dropped, AreReadable = kind is not ("index" or "schema") };
    }

    public static StatementForm? Comment(ref SqlReader reader)
    {
        if (!reader.Take("on") || !reader.TakeName(out var kind))
        {
            return null;
        }

        if (kind == "materialized")
        {
            reader.Take("view");
        }

        if (kind is not ("table" or "column" or "view" or "index" or "sequence" or "schema" or "materialized"))
        {
            return Refusals.Schema(
                "COMMENT", "COMMENT may only describe a table, column, view, index, sequence or schema.", "Have an operator run it on the server.", Effects.Comment);
        }

        NamedRelation relation;
        if (kind == "column")
        {
            if (!TakeColumn(ref reader, out relation))
            {
                return null;
            }
        }
        else if (!reader.TakeRelation(out relation))
        {
            return null;
        }

        if (!reader.Take("is") || (!reader.TakeAnyText() && !reader.Take("null")) || !reader.AtEnd)
        {
            return null;
        }

        return new StatementForm.Comment { Relations = [kind == "schema" ? new NamedRelation(relation.Name, "") : relation], AreReadable = kind is not ("index" or "schema") };
    }

    /// <summary>Takes <c>[[database.]schema.]table.column</c> and gives the table.</summary>
    public static bool TakeColumn(ref SqlReader reader, out NamedRelation table)
    {
        table = default;
        var parts = new List<string>();
        do
        {
            if (parts.Count == 4 || !reader.TakeName(out var part))
            {
                return false;
            }

            parts.Add(part);
        }
        while (reader.TakeSymbol('.'));
        if (parts.Count < 2)
        {
            return false;
        }

        table = new NamedRelation(parts.Count > 2 ? parts[^3] : "", parts[^2]);
        return true;
    }

    private static bool TakeMaintenanceOptions(ref SqlReader reader)
    {
        do
        {
            if (!reader.TakeAny(MaintenanceOptions))
            {
                return false;
            }

            _ = reader.TakeNumber(out _) || reader.TakeAnyText() || reader.TakeName(out _);
        }
        while (reader.TakeSymbol(','));
        return reader.TakeSymbol(')');
    }
}
