using System.Globalization;

namespace Sallyport.Tools.Fuzzer.Database;

/// <summary>
/// Every tagged column of the fuzzer's schema. Within each family of types that compare with each other (texts, numbers, dates) the
/// columns' value ranges do not overlap and come in the same order in both databases, also as texts, so that no permitted comparison of two columns
/// can tell the databases apart. Values of the first database hold characters that must be quoted somewhere; those of the second do not.
/// </summary>
internal static class PhiColumns
{
    private const int Usual = 6;
    private const int Unique = 12;
    private const string FirstLetters = "bdfhjlnprtvx";
    private const string SecondLetters = "cegikmoqsuwy";
    private static readonly string[] Awkward = ["'", "\"", "\\", ",", "{", "}", "é", "\t", "%", "(", "<", "&"];

    public static readonly IReadOnlyList<PhiColumn> All =
    [
        new("fuzz.subject", "mrn", "text", "MRN", Unique, Text(1)) { IsKey = true },
        new("fuzz.visit", "mrn", "text", "MRN", Unique, Text(1)),
        new("fuzz.subject", "name", "text", "NAME", Usual, Text(2)),
        new("fuzz.subject", "nick", "character varying", "NICK", Usual, Text(3)),
        new("fuzz.subject", "code", "character", "CODE", Usual, Text(4, tail: 4)),
        new("fuzz.subject", "digits", "text", "DIGITS", Usual, Digits),
        new("fuzz.subject", "ssn", "text", "SSN", Usual, Partial),
        new("fuzz.subject", "dob", "date", "DOB", Usual, (k, _, second) => Date(1931 + (7 * k), k, second)),
        new("fuzz.subject", "seen", "timestamp with time zone", "SEEN", Usual, (k, _, second) => $"{(second ? 2017 : 2001)}-03-0{k + 1} 10:20:3{k}{(second ? ".123456" : "")}+00"),
        new("fuzz.subject", "seen_at", "timestamp without time zone", "SEEN", Usual, (k, _, second) => $"{(second ? 2018 : 2002)}-03-0{k + 1} 11:20:3{k}{(second ? ".5" : "")}") { Key = "seen_at" },
        new("fuzz.subject", "at_time", "time without time zone", "TIMES", Usual, (k, _, second) => second ? $"13:0{k}:01.25" : $"01:0{k}:00"),
        new("fuzz.subject", "span", "interval", "SPAN", Usual, (k, _, second) => second ? $"{k + 1} mons 3 days" : $"{k + 12} days"),
        new("fuzz.subject", "small", "smallint", "NUMBERS", Usual, (k, _, second) => Whole(second ? 30_000 + (17 * k) : 1_000 + (3 * k))),
        new("fuzz.subject", "age", "integer", "AGE", Usual, (k, _, second) => Whole(second ? 1_090_000_000 + (1001 * k) : 40_000 + (13 * k))),
        new("fuzz.subject", "big", "bigint", "NUMBERS", Usual, (k, _, second) => Whole(second ? 4_900_000_000_000_000_000 + (7 * k) : 5_000_000 + (11 * k))),
        new("fuzz.subject", "weight", "numeric", "NUMBERS", Usual, (k, _, second) => second ? $"{3 + k}000000000000000000.125" : $"{2 + k}0000000.5"),
        new("fuzz.subject", "ratio", "real", "NUMBERS", Usual, (k, _, second) => second ? $"{k + 1}.5e+30" : $"{k + 2}e+9"),
        new("fuzz.subject", "temp", "double precision", "NUMBERS", Usual, (k, _, second) => second ? $"{k + 1}.25e+300" : $"{k + 2}e+12"),
        new("fuzz.subject", "flag", "boolean", "FLAG", 1, (_, _, second) => second ? "t" : "f"),
        new("fuzz.subject", "uid", "uuid", "UID", Usual, (k, _, second) => second ? $"8{k}c1d2e3-1111-4222-9333-abcdefabcdef" : $"0{k}000000-0000-4000-8000-000000000001"),
        new("fuzz.subject", "cit", "citext", "NAME", Usual, Text(5)) { Key = "cit" },
        new("fuzz.subject", "dom", "fuzz.label", "LABEL", Usual, Text(6)),
        new("fuzz.subject", "cash", "money", "CASH", Usual, (k, _, second) => Whole(second ? 900_000 + k : 100 + k)),
        new("fuzz.subject", "kind", "fuzz.kind", "KIND", Usual, (k, _, second) => $"k{k + 1}{(second ? 2 : 0)}"),
        new("fuzz.chart", "doc", "jsonb", "DOC", Usual, (k, r, second) => Json(7, k, r, second)),
        new("fuzz.chart", "docj", "json", "DOC", Usual, (k, r, second) => Json(8, k, r, second)),
        new("fuzz.chart", "tags", "text[]", "TAGS", Usual, (k, r, second) => $"{{{Spaced(Letters(9, k, r, second, 6), second)},NULL,{Spaced(Letters(10, k, r, second, 6), second)}}}"),
        new("fuzz.chart", "nums", "integer[]", "NUMS", Usual, (k, _, second) => second ? $"{{{1_500_000_000 + k},7{k}00000,2}}" : $"{{{70_000 + k},8{k},4}}"),
        new("fuzz.chart", "addr", "fuzz.addr", "ADDR", Usual, (k, r, second) => $"({Spaced(Letters(11, k, r, second, 6), second)},{(second ? "9021" : "10")}{k},{(second ? 1_400_000_000 + k : 90_000 + k)})"),
        new("fuzz.chart", "period", "daterange", "PERIOD", Usual, (k, _, second) => second ? $"[{2040 + k}-03-03,)" : $"[{2030 + k}-02-02,{2030 + k}-05-05)"),
        new("fuzz.chart", "photo", "bytea", "PHOTO", Usual, (k, r, second) => $"\\x{(second ? 0xB0 + k : 0x10 + k):x2}{string.Concat(Enumerable.Range(0, r.Between(1, 6)).Select(_ => $"{r.Below(256):x2}"))}"),
        new("fuzz.chart", "ip", "inet", "IP", Usual, (k, _, second) => second ? $"2001:db8::{k + 1}" : $"10.1.{k}.7"),
        new("fuzz.chart", "mac", "macaddr", "MAC", Usual, (k, _, second) => second ? $"a8:0{k}:2b:01:02:0f" : $"08:0{k}:00:00:00:01"),
        new("fuzz.chart", "bits", "bit varying", "BITS", Usual, (k, _, second) => (second ? "1" : "0") + Convert.ToString(8 + k, 2) + (second ? "0011" : "1")),
        new("fuzz.chart", "pt", "point", "PT", Usual, (k, _, second) => second ? $"({k}.5,-9e+20)" : $"({k},1)"),
        new("fuzz.chart", "page", "xml", "PAGE", Usual, (k, r, second) => $"<p a=\"{(second ? SecondLetters : FirstLetters)[k]}{r.Below(1000)}\">{r.Below(100_000)}{(second ? "" : "&amp;<b/>")}</p>"),
        new("fuzz.chart", "attrs", "hstore", "ATTRS", Usual, (k, r, second) => $"\"k\"=>{Quoted(Letters(12, k, r, second, 6))}, \"m\"=>NULL"),
        new("fuzz.chart", "vec", "tsvector", "VEC", Usual, (k, _, second) => $"'{(second ? SecondLetters : FirstLetters)[k]}q':1"),
        new("fuzz.visit", "complaint", "text", "NOTE", Usual, Text(13)),
        new("fuzz.visit", "admitted", "timestamp with time zone", "SEEN", Usual, (k, _, second) => $"{(second ? 2021 : 2011)}-07-1{k} 00:00:0{k}{(second ? ".25" : "")}+00"),
        new("fuzz.stay", "born", "date", "BORN", Usual, (k, _, second) => Date(1915 + (11 * k), k, second)) { Nullable = false },
        new("fuzz.stay", "remark", "text", "NOTE", Usual, Text(14)),
        new("fuzz.base", "word", "text", "WORD", Usual, Text(15)),
        new("fuzz.child", "more", "text", "WORD", Usual, Text(16)),
        new("fuzz.guarded", "secret", "text", "NOTE", Usual, Text(17)),
        new("fuzz.audit", "row_data", "jsonb", "DOC", Usual, (k, r, second) => Json(18, k, r, second)),
    ];

    /// <summary>Written by the server itself out of tagged columns.</summary>
    public static readonly IReadOnlyList<(string Column, string Type, string Tag)> Computed = [("fuzz.subject.uc", "text", "NAME")];

    /// <summary>The <c>phi:</c> lines of a configuration.</summary>
    public static IEnumerable<string> Declarations => All.Select(c => $"{c.FullName}: {c.Tag}")
        .Concat(Computed.Select(c => $"{c.Column}: {c.Tag}")).Append("fuzz.child.word: WORD");

    public const string Masks = "{MRN: token, UID: token, NICK: token, SSN: partial, DOB: year, FLAG: \"null\", SEEN: sentinel, AGE: sentinel, KIND: sentinel, NUMBERS: sentinel, NUMS: sentinel, PERIOD: sentinel, WORD: sentinel, default: redact}";

    private static Func<int, Prng, bool, string> Text(int column, int tail = 9) => (k, r, second) => Letters(column, k, r, second, tail);

    /// <summary>Two letters that say the column, one that says the value, and a tail of any length.</summary>
    private static string Letters(int column, int k, Prng random, bool second, int tail)
    {
        var letters = second ? SecondLetters : FirstLetters;
        var text = $"{letters[column / letters.Length]}{letters[column % letters.Length]}{letters[k]}";
        for (var length = random.Between(second ? tail / 2 : 0, second ? tail : tail / 2); length > 0; length--)
        {
            text += (char)('a' + random.Below(26));
        }

        return second ? text : text + Awkward[(column + k) % Awkward.Length];
    }

    private static string Partial(int k, Prng random, bool second) => $"{(second ? "z" : "y")}{k}{(second ? "-zz" : "yyyy.")}{random.Between(100, 999)}-12{k}4";

    private static string Digits(int k, Prng random, bool second) => second ? $"2{k}x{(char)('a' + random.Below(26))}" : $"1{k}{random.Between(0, 999)}";

    private static string Whole(long value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>The same year, another month of the same quarter, another day: what a mask by year shows is the same.</summary>
    private static string Date(int year, int k, bool second) => $"{year}-{(3 * (k % 4)) + (second ? 2 : 1):00}-{3 + (4 * k) + (second ? 1 : 0):00}";

    private static string Json(int column, int k, Prng random, bool second)
    {
        var text = Letters(column, k, random, second, 7);
        var inner = System.Text.Json.JsonSerializer.Serialize(text);
        return $$"""{"a": {{inner}}, "l": [{{(second ? 15 : 5)}}{{k}}, {{inner}}], "n": {{(second ? "8" : "3.")}}{{k}}1, "o": {"x": {{inner}}} }""";
    }

    /// <summary>In the first database every element needs quotes, in the second none: the order of the written forms is the same.</summary>
    private static string Spaced(string text, bool second) => Quoted(second ? text : text + " ");

    private static string Quoted(string text) => "\"" + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) + "\"";
}
