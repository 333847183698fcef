using System.CommandLine;
using Sallyport.Api;
using Sallyport.Cli.Connection;
using Sallyport.Cli.Output;

namespace Sallyport.Cli.Commands;

/// <summary><c>access request</c>: asks for what is not granted.</summary>
internal static class AccessRequestCommand
{
    public static CliCommand Create(Surroundings surroundings)
    {
        var gateway = new GatewayOptions();
        var target = Arguments.Target();
        var allow = AccessOptions.Names("--allow", "read, write, ddl.", "CLASSES");
        var schemas = AccessOptions.Names("--schemas", "Whole schemas.", "NAMES");
        var tables = AccessOptions.Names("--tables", "Tables, as schema.table. With neither, the whole database.", "NAMES");
        var unmasked = AccessOptions.Names("--unmasked", "Tagged columns to be shown as they are stored, as schema.table.column. Only people give that, by a rule that lists them.", "COLUMNS");
        var never = AccessOptions.Names("--never", "Tagged columns to be left out, as schema.table.column.", "COLUMNS");
        var length = AccessOptions.For("How long, from when it is given, e.g. 2h. The end is an instant.");
        var from = Arguments.Instant("--from", "When it is to begin; else as soon as it is given.");
        var until = Arguments.Instant("--until", "When it is to end, instead of --for.");
        var thisRun = new Option<bool>("--this-run") { Description = "For the run of the token only." };
        var reason = Arguments.Reason(required: true, "Why; those who decide read it.");
        var (wait, timeout) = (AccessOptions.Wait(), AccessOptions.Timeout());
        allow.Required = true;
        var command = new CliCommand("request", "Ask for access that no grant gives. The gateway's rules say who decides, and what can be asked for at most.")
        {
            Examples =
            [
                "sallyport access request --target clinic --allow read --tables clinic.encounters --for 2h --reason \"monthly report\" --wait",
                "sallyport access request --target clinic --allow read --schemas clinic --never clinic.patients.ssn --until 2026-11-21T18:00:00Z --reason \"ticket 4711\"",
            ],
            Json = "the request: {id, state, requestedBy, target, scope, approvers, quorum, missing, decisions, grant, ...}",
            ExitCodes = AccessOptions.ExitCodes("nobody can give this"),
            Options = { target, allow, schemas, tables, unmasked, never, length, from, until, thisRun, reason, wait, timeout },
        };
        gateway.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetResult(length) is null or { Implicit: true } == (result.GetResult(until) is null or { Implicit: true }))
            {
                result.AddError("Give either --for or --until.");
            }
        });
        return command.Runs(surroundings, async (parsed, report, cancellationToken) =>
        {
            using var connection = gateway.Connect(parsed, surroundings);
            var asked = await connection.Client.RequestAccessAsync(
                new AccessRequestBody
                {
                    Target = parsed.GetRequiredValue(target),
                    Allow = parsed.GetValue(allow)!,
                    Schemas = parsed.GetValue(schemas)!,
                    Tables = parsed.GetValue(tables)!,
                    Unmasked = parsed.GetValue(unmasked)!,
                    Never = parsed.GetValue(never)!,
                    From = parsed.GetValue(from),
                    Until = parsed.GetValue(until),
                    Seconds = parsed.GetValue(until) is null ? (int)parsed.GetValue(length).TotalSeconds : null,
                    ThisRunOnly = parsed.GetValue(thisRun),
                    Reason = parsed.GetValue(reason)!,
                },
                cancellationToken);
            if (parsed.GetValue(wait) && asked.State == AccessRequestState.Pending)
            {
                report.Note(AccessText.Sentence(asked));
                asked = await AccessWaiting.WaitAsync(connection.Client, asked, parsed.GetValue(timeout), report, cancellationToken);
            }

            report.Answer(asked, CliJson.Default.AccessRequestResource, answer => report.Line(AccessText.Sentence(answer)));
            return AccessText.ExitCodeOf(asked);
        });
    }
}
