using System.Buffers;
using System.Globalization;

namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Catalog;

/// <summary>
/// Asks whether anything that facts are read from has changed. The fingerprint is made of the places and the creating transactions (xmin) of
/// the catalogue rows: any DDL writes new rows, ANALYZE and VACUUM do not. Temporary objects belong to one session, which knows its own.
/// </summary>
internal static class WatchSql
{
    /// <summary>A snapshot as <c>pg_current_snapshot</c> prints it.</summary>
    private static readonly SearchValues<char> SnapshotCharacters = SearchValues.Create("0123456789:,");

    /// <param name="snapshot">The snapshot of the look before: as long as it is the same, nobody has changed anything, and nothing is counted.</param>
    /// <returns>A statement with one row: the snapshot now, and the fingerprint or NULL.</returns>
    public static string Fingerprint(string snapshot)
    {
        if (snapshot.Length > 0 && snapshot.AsSpan().ContainsAnyExcept(SnapshotCharacters))
        {
            throw new ArgumentException("not a snapshot", nameof(snapshot));
        }

        return string.Create(
            CultureInfo.InvariantCulture,
            $"""
            SELECT pg_catalog.pg_current_snapshot()::pg_catalog.text, CASE WHEN pg_catalog.pg_current_snapshot()::pg_catalog.text OPERATOR(pg_catalog.=) '{snapshot}' THEN NULL
            ELSE pg_catalog.concat_ws(' ', {string.Join(",\n", Parts)}) END
            """);
    }

    private static readonly string[] Parts =
    [
        Part("pg_class t", "t.oid", "0", """
            t.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid AND t.relpersistence OPERATOR(pg_catalog.<>) 't'::pg_catalog."char"
              AND t.relkind OPERATOR(pg_catalog.<>) ALL (ARRAY['i','I','t','S']::pg_catalog."char"[])
            """),
        Part("pg_attribute t", "t.attrelid", "t.attnum", """
            t.attrelid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid AND t.attnum OPERATOR(pg_catalog.>) 0 AND t.attrelid OPERATOR(pg_catalog.<>) ALL (ARRAY(
              SELECT c.oid FROM pg_catalog.pg_class c WHERE c.relpersistence OPERATOR(pg_catalog.=) 't'::pg_catalog."char"))
            """),
        Part("pg_inherits t", "t.inhrelid", "t.inhseqno"),
        Part("pg_constraint t", "t.oid", "0", "t.contype OPERATOR(pg_catalog.=) 'f'::pg_catalog.\"char\""),
        Part("pg_attrdef t", "t.oid", "0"),
        Part("pg_rewrite t", "t.oid", "0", "t.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid"),
        Part("pg_proc t", "t.oid", "0", "t.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid"),
        Part("pg_operator t", "t.oid", "0", "t.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid"),
        Part("pg_enum t", "t.oid", "0"),
        Part("pg_namespace t", "t.oid", "0", "t.nspname OPERATOR(pg_catalog.!~) '^pg_(toast_)?temp_'"),
        Part("pg_extension t", "t.oid", "0"),
        Part("pg_depend t", "t.objid", "t.objsubid", "t.refclassid OPERATOR(pg_catalog.=) 3079::pg_catalog.oid"),
    ];

    private static string Part(string catalogue, string oid, string number, string condition = "true") => $"""
        (SELECT pg_catalog.concat(pg_catalog.count(*), ':', pg_catalog.bit_xor(pg_catalog.hashint8extended({oid}::pg_catalog.int8 OPERATOR(pg_catalog.*) 2048::pg_catalog.int8 OPERATOR(pg_catalog.+) {number}::pg_catalog.int8,
          t.xmin::pg_catalog.text::pg_catalog.int8))) FROM pg_catalog.{catalogue} WHERE {condition})
        """;
}
