using System.Collections.Frozen;

namespace Sallyport.Gateway.Protocols.Postgres.Messages;

/// <summary>What of an error's SQLSTATE may be told when the error could speak of stored values (PostgreSQL docs, appendix "Error Codes").</summary>
internal static class SqlStates
{
    public const string InternalError = "XX000";

    /// <summary>Canceled by a time limit or by the client.</summary>
    public const string Cancelled = "57014";

    private const string LockNotAvailable = "55P03";

    /// <summary>Every code of PostgreSQL 14 to 18 that a running statement can end with, by class. Any other was made up by somebody's function.</summary>
    private static readonly FrozenSet<string> Known = Expand(
        "08:000 001 003 004 006 007 P01", "09:000", "0A:000", "0B:000", "0F:000 001", "0L:000 P01", "0P:000", "20:000", "21:000",
        "22:000 001 002 003 004 005 007 008 009 00B 00C 00D 00F 00G 00H 00L 00M 00N 00S 00T 010 011 012 013 014 015 016 018 019 01B 01E 01F 01G 01W 01X 021 022 "
        + "023 024 025 026 027 02E 02G 02H 030 031 032 033 034 035 036 037 038 039 03A 03B 03C 03D 03E 03F 03G P01 P02 P03 P04 P05 P06",
        "23:000 001 502 503 505 514 P01", "24:000", "25:000 001 002 003 004 005 006 007 008 P01 P02 P03 P04", "26:000", "27:000", "28:000 P01", "2B:000 P01",
        "2D:000", "2F:000 002 003 004 005", "34:000", "38:000 001 002 003 004", "39:000 001 004 P01 P02 P03", "3B:000 001", "3D:000", "3F:000",
        "40:000 001 002 003 P01",
        "42:000 501 601 602 611 622 701 702 703 704 710 712 723 725 803 804 809 830 846 883 8C9 939 P01 P02 P03 P04 P05 P06 P07 P08 P09 P10 P11 P12 P13 P14 P15 "
        + "P16 P17 P18 P19 P20 P21 P22",
        "44:000", "53:000 100 200 300 400", "54:000 001 011 023", "55:000 006 P02 P03 P04", "57:000 014 P01 P02 P03 P04 P05", "58:000 030 P01 P02 P03", "72:000",
        "F0:000 001", "HV:000 001 002 004 005 006 007 008 009 00A 00B 00C 00D 00J 00K 00L 00M 00N 00P 00Q 00R 010 014 021 024 090 091", "P0:000 001 002 003 004",
        "XX:000 001 002");

    /// <summary>The code itself if it is one of the server's own, else the code of its class.</summary>
    public static string Standard(string code) => Known.Contains(code) ? code : Coarse(code);

    /// <summary>The code that stands for the whole class of a code.</summary>
    public static string Coarse(string code) => Known.Contains(code[..2] + "000") ? code[..2] + "000" : InternalError;

    /// <summary>
    /// Whether a code tells of the session, the transaction or time, and not of what was computed: cancelled, serialization, deadlock, locks,
    /// shutdown, failed transaction, lost connection. Programs retry on these, so they always pass.
    /// </summary>
    public static bool IsAboutSession(string code) =>
        code is LockNotAvailable || (code[..2] is "08" or "25" or "40" or "57" && Known.Contains(code));

    /// <summary>A sentence about a code, in place of the server's own.</summary>
    public static string Sentence(string code) => code switch
    {
        Cancelled => "the statement was cancelled by a time limit or by the client",
        LockNotAvailable => "a lock could not be had in time",
        "40P01" => "a deadlock was found",
        _ => code[..2] switch
        {
            "22" => "a value did not fit: its form, its range, or a division by zero",
            "23" => "a constraint does not allow this change",
            "25" => "the transaction does not allow this now",
            "40" => "the transaction cannot be completed beside others; run it again",
            "42" => "the statement may not do this, or names what does not exist",
            "53" => "the server lacks memory, disk or connections",
            "54" => "the statement is too large or too complex for the server",
            "57" => "the server ends or refuses the session's work",
            _ => "the database reported an error",
        },
    };

    private static FrozenSet<string> Expand(params ReadOnlySpan<string> classes)
    {
        var codes = new HashSet<string>(StringComparer.Ordinal);
        foreach (var line in classes)
        {
            codes.UnionWith(line[3..].Split(' ').Select(rest => line[..2] + rest));
        }

        return codes.ToFrozenSet(StringComparer.Ordinal);
    }
}
