using System.CommandLine;
using Sallyport.Api;
using Sallyport.Cli.Connection;
using Sallyport.Cli.Output;

namespace Sallyport.Cli.Commands;

/// <summary><c>floor</c>: the SQL of a role that cannot read PHI by itself, printed or run.</summary>
internal sealed class FloorCommand
{
    private readonly GatewayOptions _gateway = new();

    private readonly Option<string> _target = Arguments.Target();

    private readonly Option<string?> _role = new("--role")
    {
        Description = "The role. Else that of the target's credential in floor mode, else that name and _floor.",
        HelpName = "NAME",
    };

    private readonly Option<string> _level = new("--level")
    {
        Description = "full also takes functions that run with their owner's rights, or reach out of the session, from PUBLIC; columns touches rights on tables and views only.",
        HelpName = "LEVEL",
        DefaultValueFactory = _ => "full",
    };

    private readonly Option<bool> _apply = new("--apply") { Description = "Run it, in one transaction, with the administrator's credential. The gateway keeps no credential." };

    private readonly AdminOptions _admin = new();

    private FloorCommand() => _level.AcceptOnlyFromAmong("columns", "full");

    public static CliCommand Create(Surroundings surroundings)
    {
        var floor = new FloorCommand();
        var command = new CliCommand(
            "floor",
            "Print the SQL that makes a role of the target unable to read tagged columns by itself, from the target's live catalogue: only what is missing. For operators.")
        {
            Examples =
            [
                "sallyport floor --target clinic > floor.sql",
                "sallyport floor --target clinic --apply --admin-user postgres --admin-password-file secret",
            ],
            Json = "{target, database, role, applied, protectedColumns, statements: [{sql, reason} ...], notes}",
            ExitCodes = ApiExitCodes.With(ExitCode.Done, "printed or applied, even when nothing was missing", "no such target, or the target refused; nothing was changed"),
            Options = { floor._target, floor._role, floor._level, floor._apply },
        };
        floor._admin.AddTo(command, isNeeded: result => result.GetValue(floor._apply));
        floor._gateway.AddTo(command);
        return command.Runs(surroundings, floor.RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, Report report, CancellationToken cancellationToken)
    {
        using var connection = _gateway.Connect(parsed, report.Surroundings);
        var target = parsed.GetRequiredValue(_target);
        var level = Enum.Parse<FloorLevel>(parsed.GetRequiredValue(_level), ignoreCase: true);
        var floor = parsed.GetValue(_apply)
            ? await connection.Client.ApplyFloorAsync(
                target, new FloorRequest { Role = parsed.GetValue(_role), Level = level, Admin = _admin.Read(parsed, report.Surroundings) }, cancellationToken)
            : await connection.Client.GetFloorAsync(target, parsed.GetValue(_role), level, cancellationToken);
        report.Answer(floor, CliJson.Default.FloorResource, answer => Write(report, answer));
        return ExitCode.Done;
    }

    private static void Write(Report report, FloorResource floor)
    {
        report.Line($"-- Target {floor.Target}: role {floor.Role} in database {floor.Database}; {floor.ProtectedColumns} protected columns.");
        if (floor.Statements.Count == 0)
        {
            report.Line("-- Nothing is missing.");
        }
        else
        {
            report.Line(floor.Applied ? "-- This was done:" : "-- Run it as a superuser, or as the owner of what it names. Running it twice does no harm.");
            report.Line("BEGIN;");
            foreach (var statement in floor.Statements)
            {
                report.Line($"{statement.Sql}; -- {statement.Reason}");
            }

            report.Line("COMMIT;");
        }

        foreach (var note in floor.Notes)
        {
            report.Note($"Note: {note}");
        }
    }
}
