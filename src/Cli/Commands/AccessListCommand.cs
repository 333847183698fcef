using System.CommandLine;
using Sallyport.Api;
using Sallyport.Cli.Connection;
using Sallyport.Cli.Output;

namespace Sallyport.Cli.Commands;

/// <summary><c>access list</c>: what was asked for, and what is open.</summary>
internal static class AccessListCommand
{
    public static CliCommand Create(Surroundings surroundings)
    {
        var gateway = new GatewayOptions();
        var all = new Option<bool>("--all") { Description = "Also what is decided and what has ended." };
        var limit = Arguments.Limit();
        var command = new CliCommand("list", "List pending requests and grants: standing ones of the configuration, those that were asked for, and emergencies with their review.")
        {
            Examples = ["sallyport access list", "sallyport access list --all --json"],
            Json = "{requests: [request ...], grants: [grant ...]}, as in `access show`",
            ExitCodes = ApiExitCodes.With(ExitCode.Done, "listed, even when there is none"),
            Options = { all, limit },
        };
        gateway.AddTo(command);
        return command.Runs(surroundings, async (parsed, report, cancellationToken) =>
        {
            using var connection = gateway.Connect(parsed, surroundings);
            var most = parsed.GetValue(limit);
            var requests = await connection.Client.ListAccessRequestsAsync(parsed.GetValue(all) ? null : AccessRequestState.Pending, most, cancellationToken);
            var grants = await connection.Client.ListGrantsAsync(active: parsed.GetValue(all) ? null : true, most, cancellationToken);
            // An emergency that is over is still work until somebody has looked at it.
            var unreviewed = parsed.GetValue(all) ? [] : (await connection.Client.ListGrantsAsync(active: false, most, cancellationToken)).Items.Where(static grant => grant.Review is { By: null });
            report.Answer(new AccessListReport(requests.Items, [.. grants.Items, .. unreviewed]), CliJson.Default.AccessListReport, answer => Write(report, answer));
            if (requests.More || grants.More)
            {
                report.Note("There are more; raise --limit.");
            }

            return ExitCode.Done;
        });
    }

    private static void Write(Report report, AccessListReport list)
    {
        if (list.Requests.Count > 0)
        {
            AccessText.WriteTable(report, list.Requests);
        }

        if (list.Requests.Count > 0 && list.Grants.Count > 0)
        {
            report.Line("");
        }

        if (list.Grants.Count > 0)
        {
            AccessText.WriteTable(report, list.Grants);
        }

        if (list.Requests.Count == 0 && list.Grants.Count == 0)
        {
            report.Note("No requests for access and no grants.");
        }
    }
}

/// <summary>What <c>access list --json</c> prints.</summary>
internal sealed record AccessListReport(IReadOnlyList<AccessRequestResource> Requests, IReadOnlyList<AccessGrantResource> Grants);
