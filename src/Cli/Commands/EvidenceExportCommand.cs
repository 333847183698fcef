using System.CommandLine;
using Sallyport.Api;
using Sallyport.Cli.Connection;
using Sallyport.Cli.Output;

namespace Sallyport.Cli.Commands;

/// <summary><c>evidence export</c>: fetches a bundle and keeps it whole or not at all.</summary>
internal sealed class EvidenceExportCommand
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly GatewayOptions _gateway = new();

    private readonly Option<string?> _session = new("--session") { Description = "Export this session.", HelpName = "ID" };

    private readonly Option<DateTimeOffset?> _from = Arguments.Instant("--from", "Export from this time on (UTC unless it has an offset).");

    private readonly Option<DateTimeOffset?> _to = Arguments.Instant("--to", "... and before this time.");

    private readonly Option<string?> _agent = new("--agent") { Description = "Only sessions of this agent.", HelpName = "NAME" };

    private readonly Option<string> _out = new("--out") { Description = "The zip file to write.", HelpName = "FILE", Required = true };

    private readonly Option<bool> _force = new("--force") { Description = "Replace FILE if it exists." };

    private EvidenceExportCommand()
    {
    }

    public static CliCommand Create(Surroundings surroundings)
    {
        var export = new EvidenceExportCommand();
        var command = new CliCommand("export", "Write an evidence bundle of one session, or of a period. For auditors.")
        {
            Examples =
            [
                "sallyport evidence export --session ses_9xF4 --out session.zip",
                "sallyport evidence export --from 2026-11-01 --to 2026-12-01 --agent agent-reporting --out november.zip",
            ],
            Json = "{file, bytes}",
            ExitCodes = ApiExitCodes.With(ExitCode.Done, "FILE is whole", "nothing to export, or FILE cannot be written"),
            Options = { export._session, export._from, export._to, export._agent, export._out, export._force },
        };
        export._gateway.AddTo(command);
        command.Validators.Add(result =>
        {
            var period = result.GetResult(export._from) is not null && result.GetResult(export._to) is not null;
            var anyPeriod = result.GetResult(export._from) is not null || result.GetResult(export._to) is not null || result.GetResult(export._agent) is not null;
            if (result.GetResult(export._session) is null ? !period : anyPeriod)
            {
                result.AddError("Say either --session, or --from and --to with or without --agent.");
            }
        });
        return command.Runs(surroundings, export.RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, Report report, CancellationToken cancellationToken)
    {
        var path = Path.GetFullPath(parsed.GetRequiredValue(_out));
        if (Path.Exists(path) && !parsed.GetValue(_force))
        {
            throw new CliException(ExitCode.Failed, $"{path} already exists.", "Choose another name, or say --force.");
        }

        var request = new ExportRequest
        {
            Session = parsed.GetValue(_session),
            From = parsed.GetValue(_from),
            To = parsed.GetValue(_to),
            Agent = parsed.GetValue(_agent),
        };
        using var connection = _gateway.Connect(parsed, report.Surroundings);
        using var file = AtomicFile.Create(path, OwnerOnly);
        var bytes = await connection.Client.ExportEvidenceAsync(request, file.Stream, new ByteProgress(report.Surroundings), cancellationToken);
        file.Commit();
        report.Answer(new ExportReport(path, bytes), CliJson.Default.ExportReport, answer => report.Line($"{answer.File}: {answer.Bytes} bytes."));
        return ExitCode.Done;
    }
}

/// <summary>What <c>evidence export --json</c> prints.</summary>
internal sealed record ExportReport(string File, long Bytes);
