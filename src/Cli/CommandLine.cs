using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Sallyport.Api;
using Sallyport.Cli.Commands;
using Sallyport.Cli.Output;

namespace Sallyport.Cli;

/// <summary>The whole command line: parses, runs, and turns every failure into one sentence and an exit code.</summary>
internal static class CommandLine
{
    public const string JsonOption = "--json";

    private static readonly ParserConfiguration Parser = new()
    {
        EnablePosixBundling = false,

        // A reason may start with '@'; nothing is to be read from a file because of it.
        ResponseFileTokenReplacer = null,
    };

    /// <summary>Runs one command line and gives the exit code.</summary>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, Surroundings surroundings, CancellationToken cancellationToken)
    {
        var parsed = Create(surroundings).Parse(arguments, Parser);
        if (parsed.Action is null or ParseErrorAction)
        {
            return ReportUsage(parsed, arguments, surroundings);
        }

        var report = new Report(surroundings, parsed.GetResult(JsonOption) is not null && parsed.GetValue<bool>(JsonOption));
        var invocation = new InvocationConfiguration
        {
            Output = surroundings.Output,
            Error = surroundings.Error,
            EnableDefaultExceptionHandler = false,
            // A program that runs another one lets that one answer signals.
            ProcessTerminationTimeout = parsed.CommandResult.Command.Name == RunCommand.Name ? null : TimeSpan.FromSeconds(2),
        };
        try
        {
            return await parsed.InvokeAsync(invocation, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return report.Failure(ExitCode.Interrupted, "Interrupted.", "");
        }
        catch (CliException exception)
        {
            return report.Failure(exception.ExitCode, exception.Message, exception.Remedy);
        }
        catch (ApiException exception)
        {
            return report.Failure(ExitCodeOf(exception.Failure), exception.Message, exception.Remedy);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return report.Failure(ExitCode.Failed, exception.Message, "Check the path, its permissions and the free space.");
        }
        catch (Exception exception)
        {
            // The last boundary of the process: the type and place help whoever reads the report, values could be secrets.
            var place = exception.StackTrace?.Split('\n', 2)[0].Trim() ?? "";
            return report.Failure(ExitCode.Internal, $"Internal fault: {exception.GetType().Name} {place}", "Please report this with the command you ran.");
        }
    }

    /// <summary>The command tree.</summary>
    public static CliCommand Create(Surroundings surroundings)
    {
        var root = new CliCommand("sallyport", "Sallyport's command line: sign in, decide about held commands, look at sessions, export and verify evidence.")
        {
            Examples =
            [
                "sallyport login --issuer https://login.clinic.example --client-id agent-reporting --client-secret-file secret",
                "PGPASSWORD=$(sallyport token) psql \"host=gateway.clinic.example port=6432 dbname=clinic user=agent-reporting sslmode=require\"",
                "sallyport approvals list",
            ],
        };
        root.Options.Add(new HelpOption());
        root.Options.Add(new VersionOption());
        root.Options.Add(new Option<bool>(JsonOption) { Description = "Print JSON instead of text.", Recursive = true });
        root.Subcommands.Add(LoginCommand.Create(surroundings));
        root.Subcommands.Add(TokenCommand.Create(surroundings));
        root.Subcommands.Add(RunCommand.Create(surroundings));
        root.Subcommands.Add(new CliCommand("tokens", "The gateway's own tokens.")
        {
            TokensRevokeCommand.Create(surroundings),
            TokensRotateKeyCommand.Create(surroundings),
        });
        root.Subcommands.Add(WhoamiCommand.Create(surroundings));
        root.Subcommands.Add(CheckCommand.Create(surroundings));
        root.Subcommands.Add(ExplainCommand.Create(surroundings));
        root.Subcommands.Add(FloorCommand.Create(surroundings));
        root.Subcommands.Add(SelfTestCommand.Create(surroundings));
        AddDecisions(root, surroundings);
        AddSessions(root, surroundings);
        root.Subcommands.Add(BudgetsCommand.Create(surroundings));
        root.Subcommands.Add(new CliCommand("evidence", "Bundles that an auditor verifies without trusting anybody.")
        {
            EvidenceExportCommand.Create(surroundings),
            EvidenceVerifyCommand.Create(surroundings),
        });
        root.Subcommands.Add(new CliCommand("ledger", "The record itself.")
        {
            LedgerVerifyCommand.Create(surroundings),
            LedgerKeyCommand.Create(surroundings),
        });
        root.Subcommands.Add(new CliCommand("exports", "Copies of the ledger's records for other systems.")
        {
            ExportsListCommand.Create(surroundings),
        });
        root.Subcommands.Add(McpCommand.Create(surroundings));
        root.Subcommands.Add(WitnessCommand.Create(surroundings));
        HelpText.Install(root);
        return root;
    }

    /// <summary>What people decide, and how they hear of it.</summary>
    private static void AddDecisions(CliCommand root, Surroundings surroundings)
    {
        root.Subcommands.Add(new CliCommand("approvals", "Commands that wait for a person's decision.")
        {
            ApprovalsListCommand.Create(surroundings),
            ApprovalsShowCommand.Create(surroundings),
            ApprovalsApproveCommand.Create(surroundings),
            ApprovalsDenyCommand.Create(surroundings),
            ApprovalsRevokeCommand.Create(surroundings),
            WaitCommand.Create(surroundings, "sallyport approvals wait"),
        });
        root.Subcommands.Add(WaitCommand.Create(surroundings, "sallyport wait"));
        root.Subcommands.Add(new CliCommand("access", "Access that is asked for, given by people, and gone at its end.")
        {
            AccessRequestCommand.Create(surroundings),
            AccessListCommand.Create(surroundings),
            AccessShowCommand.Create(surroundings),
            AccessApproveCommand.Create(surroundings),
            AccessDenyCommand.Create(surroundings),
            AccessExtendCommand.Create(surroundings),
            AccessRevokeCommand.Create(surroundings),
            AccessExplainCommand.Create(surroundings),
            AccessBreakGlassCommand.Create(surroundings),
            AccessReviewCommand.Create(surroundings),
        });
        root.Subcommands.Add(new CliCommand("notifications", "Messages to people when somebody waits for them.")
        {
            NotificationsListCommand.Create(surroundings),
            NotificationsTestCommand.Create(surroundings),
        });
    }

    /// <summary>Who is there, and what they do.</summary>
    private static void AddSessions(CliCommand root, Surroundings surroundings)
    {
        root.Subcommands.Add(new CliCommand("sessions", "Connections of agents and people to targets.")
        {
            SessionsListCommand.Create(surroundings),
            SessionsShowCommand.Create(surroundings),
            SessionsKillCommand.Create(surroundings),
        });
        root.Subcommands.Add(new CliCommand("runs", "Tasks of agents: what belongs to one run_id.")
        {
            RunsListCommand.Create(surroundings),
            RunsKillCommand.Create(surroundings),
        });
        root.Subcommands.Add(new CliCommand("principals", "Who calls the gateway: agents and people.")
        {
            PrincipalsListCommand.Create(surroundings),
            PrincipalsSwitchCommand.Disable(surroundings),
            PrincipalsSwitchCommand.Enable(surroundings),
        });
    }

    private static int ExitCodeOf(ApiFailure failure) => failure switch
    {
        ApiFailure.Unauthenticated or ApiFailure.Refused => ExitCode.Refused,
        ApiFailure.Unreachable or ApiFailure.Unavailable or ApiFailure.UnexpectedAnswer => ExitCode.Unreachable,
        _ => ExitCode.Failed,
    };

    private static int ReportUsage(ParseResult parsed, IReadOnlyList<string> arguments, Surroundings surroundings)
    {
        var command = parsed.CommandResult.Command;
        var path = HelpText.PathOf(command);
        var report = new Report(surroundings, arguments.Contains(JsonOption));
        if (parsed.UnmatchedTokens.Count == 0 && command.Subcommands.Count > 0)
        {
            HelpText.Write(command, surroundings.Error);
            return report.Failure(ExitCode.Usage, "A command is missing.", $"Choose one of those of `{path}`.");
        }

        if (parsed.UnmatchedTokens.Count > 0)
        {
            return report.Failure(ExitCode.Usage, $"`{path}` does not know `{parsed.UnmatchedTokens[0]}`.", $"Run `{path} --help`.");
        }

        // The library's own sentences may run over several lines.
        var message = string.Join(' ', parsed.Errors[0].Message.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return report.Failure(ExitCode.Usage, message.EndsWith('.') ? message : message + ".", $"Run `{path} --help`.");
    }
}
