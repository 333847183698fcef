using System.Globalization;
using Sallyport.Api;
using Sallyport.Cli.Connection;
using Sallyport.Cli.Output;

namespace Sallyport.Cli.Commands;

/// <summary><c>exports list</c>: how far the copies of the ledger's records are.</summary>
internal static class ExportsListCommand
{
    private static readonly string[] Headings = ["NAME", "KIND", "FORMAT", "STATE", "NEXT", "WAITING", "LAG", "SENT", "FAILING", "LAST SENT", "LAST PROBLEM"];

    public static CliCommand Create(Surroundings surroundings)
    {
        var gateway = new GatewayOptions();
        var command = new CliCommand("list", "List the configured exports of the ledger's records and how far they are. For operators and auditors.")
        {
            Examples = ["sallyport exports list"],
            Json = "{items: [{name, kind, format, state, next, waiting, lagSeconds, sent, failing, lastSentAt, lastProblem, lastProblemAt} ...]}",
            ExitCodes = ApiExitCodes.With(ExitCode.Done, "listed, even when there is none"),
        };
        gateway.AddTo(command);
        return command.Runs(surroundings, async (parsed, report, cancellationToken) =>
        {
            using var connection = gateway.Connect(parsed, surroundings);
            var list = await connection.Client.ListExportsAsync(cancellationToken);
            report.Answer(list, CliJson.Default.ExportList, answer => report.Table(Headings, answer.Items.Select(Row)));
            return ExitCode.Done;
        });
    }

    private static string[] Row(ExportResource export) =>
    [
        export.Name, export.Kind, export.Format, export.State, $"{export.Next}", $"{export.Waiting}", $"{export.LagSeconds.ToString(CultureInfo.InvariantCulture)} s",
        $"{export.Sent}", $"{export.Failing}", Times.Text(export.LastSentAt), export.LastProblem is null ? "" : $"{export.LastProblem} at {Times.Text(export.LastProblemAt)}",
    ];
}
