using System.CommandLine;
using Sallyport.Api;
using Sallyport.Cli.Connection;
using Sallyport.Cli.Output;

namespace Sallyport.Cli.Commands;

/// <summary><c>selftest</c>: attacks on a copy of a target's protected tables.</summary>
internal sealed class SelfTestCommand
{
    private readonly GatewayOptions _gateway = new();

    private readonly Option<string> _target = Arguments.Target();

    private readonly AdminOptions _admin = new();

    private readonly Option<string[]> _also = new("--also")
    {
        Description = "A column (schema.table.column) that holds PHI although the configuration does not say so: what comes back of it is a leak.",
        HelpName = "COLUMN",
    };

    private SelfTestCommand()
    {
    }

    public static CliCommand Create(Surroundings surroundings)
    {
        var selfTest = new SelfTestCommand();
        var command = new CliCommand(
            "selftest",
            "Attack a copy of a target's protected tables, filled with made-up values, through the gateway's own engine, and say what got through. The copy is a scratch database at the target, dropped whatever happens. For operators.")
        {
            Examples = ["sallyport selftest --target clinic --admin-user postgres --admin-password-file secret"],
            Json = "{target, passed, columns, categories: [{name, tried, leaked, masked, refused} ...], leaks: [{category, column, how, statement} ...], skipped}",
            ExitCodes = ApiExitCodes.With(ExitCode.Done, "nothing leaked, and ordinary work went on", "it could not be run")
                .Append(new(ExitCode.No, "something leaked, or ordinary work was refused")).ToDictionary(),
            Options = { selfTest._target, selfTest._also },
        };
        selfTest._admin.AddTo(command, isNeeded: static _ => true);
        selfTest._gateway.AddTo(command);
        return command.Runs(surroundings, selfTest.RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, Report report, CancellationToken cancellationToken)
    {
        using var connection = _gateway.Connect(parsed, report.Surroundings);
        var request = new SelfTestRequest { Admin = _admin.Read(parsed, report.Surroundings), Also = parsed.GetValue(_also) ?? [] };
        var found = await connection.Client.SelfTestAsync(parsed.GetRequiredValue(_target), request, cancellationToken);
        report.Answer(found, CliJson.Default.SelfTestResource, answer => Write(report, answer));
        return found.Passed ? ExitCode.Done : ExitCode.No;
    }

    private static void Write(Report report, SelfTestResource found)
    {
        var attacks = found.Categories.Where(static category => category.Name != "utility").ToList();
        report.Line(
            $"{attacks.Sum(static c => c.Tried)} attacks on {found.Columns} protected columns of {found.Target}: {attacks.Sum(static c => c.Leaked)} leaked, "
            + $"{attacks.Sum(static c => c.Masked)} came back masked or empty, {attacks.Sum(static c => c.Refused)} were refused.");
        report.Table(
            ["KIND", "TRIED", "LEAKED", "MASKED", "REFUSED"],
            found.Categories.Select(static c => new[] { c.Name, $"{c.Tried}", $"{c.Leaked}", $"{c.Masked}", $"{c.Refused}" }));
        foreach (var leak in found.Leaks)
        {
            report.Line($"LEAK {leak.Column} {leak.How}, by: {leak.Statement}");
        }

        foreach (var skipped in found.Skipped)
        {
            report.Note($"Not tried: {skipped}.");
        }

        report.Line(found.Passed ? "Passed." : "NOT passed.");
    }
}
