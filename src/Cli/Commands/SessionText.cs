using System.Globalization;
using Sallyport.Api;
using Sallyport.Cli.Output;

namespace Sallyport.Cli.Commands;

/// <summary>Sessions as text.</summary>
internal static class SessionText
{
    private static readonly string[] Headings = ["ID", "TARGET", "PRINCIPAL", "STARTED", "ENDED", "STATEMENTS", "DENIED", "ROWS", "MASKED CELLS"];

    public static void WriteTable(Report report, IReadOnlyList<SessionResource> sessions) => report.Table(Headings, sessions.Select(session => new[]
    {
        session.Id,
        session.Target,
        By(session),
        Times.Text(session.StartedAt),
        session.EndedAt is null ? "live" : Times.Text(session.EndedAt),
        Number(session.Statements),
        Number(session.Denied),
        Number(session.Rows),
        Number(session.MaskedCells),
    }));

    public static void WriteWhole(Report report, SessionResource session) => report.Fields(
        ("id", session.Id),
        ("target", session.Target),
        ("principal", By(session)),
        ("kind", Words.Of(session.Kind)),
        ("run", session.Run),
        ("client", session.Client),
        ("started at", Times.Text(session.StartedAt)),
        ("ended at", session.EndedAt is null ? "live" : Times.Text(session.EndedAt)),
        ("end reason", session.EndReason),
        ("statements", Number(session.Statements)),
        ("denied", Number(session.Denied)),
        ("rows", Number(session.Rows)),
        ("masked cells", Number(session.MaskedCells)),
        ("records", session.FirstIndex is null ? "" : $"{session.FirstIndex} to {session.LastIndex}"));

    private static string By(SessionResource session) => session.OnBehalfOf.Length > 0 ? $"{session.Principal} for {session.OnBehalfOf}" : session.Principal;

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
