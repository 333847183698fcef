using System.Text;
using Sallyport.Gateway.Protocols.Postgres.Messages;
using Sallyport.Gateway.Protocols.Postgres.Sql;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>
/// Prepares a COPY TO STDOUT of tagged columns: it runs as the SELECT it stands for, and the gateway writes its masked rows as COPY would. The
/// server itself says whether the options are valid and how the copy opens.
/// </summary>
internal sealed class CopyDesk(ServerInquiry inquiry)
{
    /// <summary>First major version that copies out of a materialized view.</summary>
    private const int MaterializedViewsSince = 18;

    /// <summary>The SELECT that stands for the copy.</summary>
    /// <returns>Its text; or the error the server has for such a copy; neither when the catalogue cannot be read.</returns>
    public async ValueTask<(string? Select, byte[]? Error)> SelectAsync(ReadOnlyMemory<byte> text, StatementForm.Copy copy, int major)
    {
        if (copy.Query is { } query)
        {
            return (Encoding.UTF8.GetString(query.Of(text.Span)), null);
        }

        var table = copy.Relations[0];
        if (await inquiry.ColumnsAsync(table) is not { } relation)
        {
            return (null, null);
        }

        if (ErrorOf(relation.Kind, table.Name, major) is { } error)
        {
            return (null, error);
        }

        var columns = copy.Columns.Count == 0 ? relation.Columns.Where(static c => !c.IsGenerated).Select(static c => c.Name) : copy.Columns;
        foreach (var (index, name) in copy.Columns.Index())
        {
            if (relation.Columns.Any(c => c.IsGenerated && c.Name == name))
            {
                return (null, ErrorFields.Error("42P10", $"column \"{name}\" is a generated column", "Generated columns cannot be used in COPY."));
            }

            if (copy.Columns.Take(index).Contains(name, StringComparer.Ordinal))
            {
                return (null, ErrorFields.Error("42701", $"column \"{name}\" specified more than once"));
            }
        }

        return ($"SELECT {string.Join(", ", columns.Select(NamedRelation.Quote))} FROM ONLY {table.Sql}", null);
    }

    /// <summary>The layout of the copy.</summary>
    /// <param name="text">The statement as the client sent it.</param>
    /// <param name="copy">Its form.</param>
    /// <param name="rowDescription">The description of the SELECT's rows.</param>
    public async ValueTask<CopyPreparation> LayoutAsync(ReadOnlyMemory<byte> text, StatementForm.Copy copy, byte[] rowDescription)
    {
        var columns = FieldType.NamesOf(rowDescription);
        var options = Encoding.UTF8.GetString(copy.Options.Of(text.Span));
        var opening = CopyLayout.Response(copy.Format, columns.Count);
        if (options.Length > 0 && copy.Settings.IsReadable)
        {
            var ahead = copy.IsBinaryAhead ? " BINARY" : "";
            var stand = string.Join(", ", columns.Select(static name => $"NULL::pg_catalog.text AS {NamedRelation.Quote(name)}"));
            var rehearsal = await inquiry.RehearseAsync($"COPY (SELECT {stand} WHERE false) TO STDOUT{ahead}{options}");
            switch (rehearsal.End.Result)
            {
                case ProbeEnd.Rejected:
                    return new CopyPreparation(null, ErrorFields.MovePosition(rehearsal.Error, null));
                case ProbeEnd.Skipped:
                    return default;
            }

            // A binary copy's signature comes with its first row.
            opening = copy.Format == CopyFormat.Binary ? opening : rehearsal.Opening;
        }

        return new CopyPreparation(CopyLayout.Of(copy.Settings, columns) is { } layout ? layout with { Opening = opening } : null, null);
    }

    /// <summary>What the server says of a relation that COPY cannot read; it has no rows of its own.</summary>
    private static byte[]? ErrorOf(char kind, string name, int major)
    {
        var what = kind switch
        {
            'r' => null,
            'm' when major >= MaterializedViewsSince => null,
            'v' => "view",
            'm' => "materialized view",
            'f' => "foreign table",
            'p' => "partitioned table",
            'S' => "sequence",
            _ => "non-table relation",
        };
        return what is null ? null : ErrorFields.Error("42809", $"cannot copy from {what} \"{name}\"", hint: kind is 'S' ? "" : "Try the COPY (SELECT ...) TO variant.");
    }
}

/// <summary>What came of a copy's options: a layout, the server's error, or neither.</summary>
internal readonly record struct CopyPreparation(CopyLayout? Layout, byte[]? Error);
