using System.Text;
using Sallyport.Gateway.Masking;

namespace Sallyport.EndToEnd.Masking;

/// <summary>A table with a column of every type, its sample values, and what the sentinel mask makes of them.</summary>
internal static class MaskedTypes
{
    public const string Table = "scratch.e2e_types";
    public const string Sentinels = "scratch.e2e_sentinels";

    public const string UserTypes = """
        CREATE EXTENSION citext;
        CREATE TYPE scratch.e2e_mood AS ENUM ('low', 'high');
        CREATE TYPE scratch.e2e_pair AS (a integer, b text);
        CREATE TYPE scratch.e2e_floats AS RANGE (subtype = float8);
        CREATE DOMAIN scratch.e2e_positive AS integer CHECK (value > 0);
        CREATE DOMAIN scratch.e2e_code AS varchar(8);
        """;

    /// <summary>Type, a value of it, and what is shown instead; null for NULL.</summary>
    public static readonly (string Type, string Value, string? Shown)[] All =
    [
        ("boolean", "true", "false"), ("bytea", "\\x0102", "\\x"), ("\"char\"", "a", "*"), ("name", "Ada", "[ANY]"), ("int8", "4711", "0"), ("int2", "47", "0"),
        ("int4", "4711", "0"), ("text", "Ada", "[ANY]"), ("varchar(20)", "Ada", "[ANY]"), ("char(12)", "Ada", "[ANY]"), ("varchar(3)", "Ada", "***"), ("oid", "4711", "0"),
        ("tid", "(4,7)", "(0,0)"), ("xid", "4711", "0"), ("cid", "4711", "0"), ("xid8", "4711", "0"), ("json", "{\"a\": 1}", "\"[ANY]\""), ("jsonb", "{\"a\": 1}", "\"[ANY]\""),
        ("jsonpath", "$.a", "$"), ("xml", "<a/>", "<masked/>"), ("point", "(4,7)", "(0,0)"), ("lseg", "[(4,7),(1,1)]", "[(0,0),(0,0)]"), ("path", "((4,7),(1,1))", "((0,0))"),
        ("box", "(4,7),(1,1)", "(0,0),(0,0)"), ("polygon", "((4,7),(1,1))", "((0,0))"), ("line", "{4,7,1}", "{0,1,0}"), ("circle", "<(4,7),1>", "<(0,0),0>"),
        ("float4", "47.11", "0"), ("float8", "47.11", "0"), ("numeric", "47.11", "0"), ("numeric(8,2)", "47.11", "0"), ("money", "47.11", "0"), ("macaddr", "08:00:2b:01:02:03", "00:00:00:00:00:00"),
        ("macaddr8", "08:00:2b:01:02:03:04:05", "00:00:00:00:00:00:00:00"), ("inet", "10.4.7.11", "0.0.0.0"), ("cidr", "10.4.0.0/16", "0.0.0.0/32"), ("date", "1990-07-31", "1900-01-01"),
        ("time", "04:07:11", "00:00:00"), ("timetz", "04:07:11+02", "00:00:00+00"), ("timestamp", "1990-07-31 04:07:11", "1900-01-01 00:00:00"),
        ("timestamptz", "1990-07-31 04:07:11+02", "1900-01-01 12:00:00+00"), ("interval", "4 days 7 hours", "0"), ("bit(11)", "10101010101", "00000000000"), ("varbit", "101", ""),
        ("uuid", "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0", "00000000-0000-0000-0000-000000000000"), ("pg_lsn", "4/7", "0/0"), ("tsvector", "'ada'", ""), ("tsquery", "'ada'", ""),
        ("regclass", "pg_class", "-"), ("regtype", "integer", "-"), ("regproc", "now", "-"), ("pg_snapshot", "4:7:", "1:1:"),
        ("int4range", "[4,7)", "empty"), ("numrange", "[4,7)", "empty"), ("tsrange", "[1990-07-31,1990-08-01)", "empty"), ("tstzrange", "[1990-07-31,1990-08-01)", "empty"),
        ("daterange", "[1990-07-31,1990-08-01)", "empty"), ("int8range", "[4,7)", "empty"), ("int4multirange", "{[4,7)}", "{}"), ("datemultirange", "{[1990-07-31,1990-08-01)}", "{}"),
        ("int4[]", "{4,7,11}", "{}"), ("text[]", "{Ada,Zoë}", "{[ANY]}"), ("varchar(20)[]", "{Ada,Zoë}", "{[ANY]}"), ("date[]", "{1990-07-31}", "{}"), ("uuid[]", "{0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0}", "{}"),
        ("jsonb[]", "{1}", "{}"), ("numeric[]", "{4.7}", "{}"), ("bool[]", "{t}", "{}"), ("timestamptz[]", "{1990-07-31}", "{}"), ("int4range[]", "{\"[4,7)\"}", "{}"),
        ("citext", "Ada", "[ANY]"), ("citext[]", "{Ada}", "{}"), ("scratch.e2e_mood", "high", null), ("scratch.e2e_mood[]", "{high}", "{}"), ("scratch.e2e_pair", "(4,seven)", null),
        ("scratch.e2e_pair[]", "{\"(4,seven)\"}", "{}"), ("scratch.e2e_floats", "[4,7)", "empty"), ("scratch.e2e_positive", "4711", "0"), ("scratch.e2e_code", "Ada", "[ANY]"),
    ];

    /// <summary>The table with the values, and one with what is to be seen of it.</summary>
    public static string Schema()
    {
        var columns = string.Join(", ", All.Select((column, index) => $"c{index} {column.Type}"));
        var values = string.Join(", ", All.Select(column => $"'{column.Value.Replace("'", "''", StringComparison.Ordinal)}'"));
        // What is shown need not meet a domain's conditions, nor have a number's digits: clients never check them.
        var shownColumns = string.Join(", ", All.Select((column, index) => $"c{index} {column.Type switch { "scratch.e2e_positive" => "integer", "scratch.e2e_code" => "varchar(8)", "numeric(8,2)" => "numeric", var type => type }}"));
        var shown = string.Join(", ", All.Select(column => column.Shown is null ? "NULL" : $"'{column.Shown.Replace("'", "''", StringComparison.Ordinal)}'"));
        var nulls = string.Join(", ", All.Select(_ => "NULL"));
        return $"""
            {UserTypes}
            CREATE TABLE {Table} (id integer, {columns});
            CREATE TABLE {Sentinels} (id integer, {shownColumns});
            INSERT INTO {Table} VALUES (1, {values}), (2, {nulls});
            INSERT INTO {Sentinels} VALUES (1, {shown}), (2, {nulls});
            """;
    }

    public static string Phi() => string.Join('\n', All.Select((_, index) => $"{Table}.c{index}: ANY"));

    /// <summary>Text and binary form of a built-in type's sentinel.</summary>
    public static (string Text, byte[] Binary)? SentinelOf(uint oid)
    {
        using var keys = MaskKeys.ForSession();
        return Form(isBinary: false) is { } text && Form(isBinary: true) is { } binary ? (Encoding.UTF8.GetString(text), binary) : null;

        byte[]? Form(bool isBinary)
        {
            var mask = ColumnMaskFactory.Create("ANY", new MaskOperator.Sentinel(), new MaskedType(oid, -1, isBinary), keys, TimeProvider.System);
            var destination = new byte[mask.MaxBytes];
            var length = mask.Write([], destination);
            return length < 0 ? null : destination[..length];
        }
    }
}
