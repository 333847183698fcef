using System.Globalization;
using Sallyport.Cli.Connection;
using Sallyport.Cli.Output;

namespace Sallyport.Cli.Commands;

/// <summary><c>principals list</c>: who was here, and who is let in no more.</summary>
internal static class PrincipalsListCommand
{
    private static readonly string[] Headings = ["ID", "NAME", "KIND", "FOR", "LAST SESSION", "SESSIONS", "LIVE", "DISABLED"];

    public static CliCommand Create(Surroundings surroundings)
    {
        var gateway = new GatewayOptions();
        var limit = Arguments.Limit();
        var command = new CliCommand("list", "List who is disabled, then who was here, most recent first. For operators, reviewers and auditors.")
        {
            Examples = ["sallyport principals list"],
            Json = "{items: [{id, name, kind, issuer, onBehalfOf, lastAt, sessions, live, disabledAt, disabledBy, disabledReason} ...], more}",
            ExitCodes = ApiExitCodes.With(ExitCode.Done, "listed, even when there is none"),
            Options = { limit },
        };
        gateway.AddTo(command);
        return command.Runs(surroundings, async (parsed, report, cancellationToken) =>
        {
            using var connection = gateway.Connect(parsed, surroundings);
            var page = await connection.Client.ListPrincipalsAsync(parsed.GetValue(limit), cancellationToken);
            report.Answer(page, CliJson.Default.PrincipalPage, answer =>
            {
                if (answer.Items.Count == 0)
                {
                    report.Note("Nobody was here yet.");
                    return;
                }

                report.Table(Headings, answer.Items.Select(static principal => new[]
                {
                    principal.Id,
                    principal.Name,
                    principal.Kind is { } kind ? Words.Of(kind) : "",
                    principal.OnBehalfOf,
                    Times.Text(principal.LastAt),
                    principal.Sessions.ToString(CultureInfo.InvariantCulture),
                    principal.Live.ToString(CultureInfo.InvariantCulture),
                    principal.DisabledAt is null ? "" : $"{Times.Text(principal.DisabledAt)} by {principal.DisabledBy}",
                }));
                if (answer.More)
                {
                    report.Note("There are more: raise --limit.");
                }
            });
            return ExitCode.Done;
        });
    }
}
