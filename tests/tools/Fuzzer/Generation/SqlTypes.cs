namespace Sallyport.Tools.Fuzzer.Generation;

/// <summary>The types expressions are made of, by PostgreSQL's own names, with constants no tagged column holds.</summary>
internal static class SqlTypes
{
    private static readonly Dictionary<string, string[]> Constants = new(StringComparer.Ordinal)
    {
        ["text"] = ["''", "'a'", "'zzz'", "'%'", "'%a%'", "'1'", "'-7'", "'2024-01-05'", "'{1,2}'", "'{\"a\": 1}'", "','", "' '", "'YYYY-MM-DD'", "'month'", "'a1'", "'UTF8'", "'fuzz.subject'", "'name'", "'^.'", "'escape'", "'hex'"],
        ["character varying"] = ["''", "'a'", "'zz%'", "'5'"],
        ["character"] = ["'a'", "'7'"],
        ["name"] = ["'a'", "'subject'"],
        ["citext"] = ["'A'", "'zz'"],
        ["fuzz.label"] = ["'a'", "'Zz'"],
        ["integer"] = ["0", "1", "2", "3", "7", "-1", "100", "2147483647"],
        ["bigint"] = ["0", "1", "2", "5", "-3", "4294967296"],
        ["smallint"] = ["0", "1", "3", "-2"],
        ["numeric"] = ["0", "1", "0.5", "-2.25", "1e10", "'NaN'"],
        ["double precision"] = ["0", "1", "0.25", "-1e3", "'Infinity'"],
        ["real"] = ["0", "1", "2.5"],
        ["money"] = ["'0'", "'12.5'"],
        ["boolean"] = ["true", "false"],
        ["date"] = ["'2024-01-05'", "'1999-12-31'", "'infinity'"],
        ["timestamp with time zone"] = ["'2024-01-05 10:00+00'", "'1990-01-01 00:00+00'"],
        ["timestamp without time zone"] = ["'2024-01-05 10:00'", "'1990-01-01'"],
        ["time without time zone"] = ["'12:34'", "'23:59:59'"],
        ["time with time zone"] = ["'12:34+00'"],
        ["interval"] = ["'1 day'", "'1 hour'", "'-1 year'", "'0'"],
        ["uuid"] = ["'12345678-0000-0000-0000-000000000000'"],
        ["json"] = ["'{}'", "'[1]'", "'{\"a\": \"b\"}'"],
        ["jsonb"] = ["'{}'", "'[1, 2]'", "'{\"a\": \"b\", \"n\": 1}'", "'\"s\"'", "'null'"],
        ["jsonpath"] = ["'$.a'", "'$.**'", "'$.l[*] ? (@ > 1)'", "'$.a ? (@ like_regex \"^b\")'"],
        ["bytea"] = ["'\\x00'", "'\\x616263'", "''"],
        ["inet"] = ["'192.168.9.9'", "'10.0.0.0/8'"],
        ["cidr"] = ["'10.0.0.0/8'"],
        ["macaddr"] = ["'ff:00:00:00:00:01'"],
        ["bit"] = ["'1'"],
        ["bit varying"] = ["'1010101010'", "'0'"],
        ["point"] = ["'(0,0)'", "'(1,2)'"],
        ["box"] = ["'((0,0),(9,9))'"],
        ["circle"] = ["'<(0,0),5>'"],
        ["xml"] = ["'<a/>'", "'<p>t</p>'"],
        ["hstore"] = ["'a=>1'", "''"],
        ["tsvector"] = ["'a b'::text"],
        ["tsquery"] = ["'a'", "'b & c'", "'c:*'"],
        ["regconfig"] = ["'simple'"],
        ["daterange"] = ["'[2024-01-01,2024-02-01)'", "'empty'"],
        ["int4range"] = ["'[1,5)'"],
        ["tstzrange"] = ["'[2020-01-01,2024-01-01)'"],
        ["numrange"] = ["'[1.5,5)'"],
        ["datemultirange"] = ["'{[2024-01-01,2024-02-01)}'"],
        ["int4multirange"] = ["'{[1,5)}'"],
        ["fuzz.kind"] = ["'k00'", "'k05'", "'k11'", "'k90'"],
        ["fuzz.addr"] = ["'(a,b,1)'"],
        ["text[]"] = ["'{}'", "'{a,b}'", "'{a,NULL}'"],
        ["integer[]"] = ["'{}'", "'{1,2,3}'"],
        ["bigint[]"] = ["'{1}'"],
        ["numeric[]"] = ["'{1.5}'"],
        ["date[]"] = ["'{2024-01-05}'"],
        ["oid"] = ["1259", "16384", "0"],
        ["regclass"] = ["'pg_class'", "'fuzz.subject'"],
        ["regtype"] = ["'text'"],
        ["\"char\""] = ["'a'"],
        ["pg_lsn"] = ["'0/1'"],
        ["xid"] = ["'3'"],
        ["tid"] = ["'(0,1)'"],
    };

    public static IReadOnlyList<string> All { get; } = [.. Constants.Keys];

    /// <summary>The types most expressions have.</summary>
    public static IReadOnlyList<string> Common { get; } =
        ["text", "text", "text", "integer", "integer", "numeric", "boolean", "date", "timestamp with time zone", "jsonb", "text[]", "bigint", "bytea", "uuid", "double precision", "character varying"];

    public static bool IsKnown(string type) => Constants.ContainsKey(type);

    public static string Constant(string type, Prng random) => $"{random.Pick(Constants[type])}::{type}";

    public static string Null(string type) => $"NULL::{type}";

    /// <summary>The element's type, or null for what is no array.</summary>
    public static string? ElementOf(string type) => type.EndsWith("[]", StringComparison.Ordinal) ? type[..^2] : null;

    public static bool IsOrdered(string type) =>
        type is not ("json" or "xml" or "point" or "box" or "circle" or "xid" or "jsonpath" or "tsquery" or "hstore" or "regconfig" or "regclass" or "regtype");
}
