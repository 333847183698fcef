using System.CommandLine;
using Sallyport.Api;
using Sallyport.Cli.Connection;
using Sallyport.Cli.Output;

namespace Sallyport.Cli.Commands;

/// <summary><c>explain</c>: how statements would be judged and masked. Nothing of them runs.</summary>
internal sealed class ExplainCommand
{
    private readonly GatewayOptions _gateway = new();

    private readonly Argument<string?> _sql = new("SQL") { Description = "One or more statements.", Arity = ArgumentArity.ZeroOrOne };

    private readonly Option<string?> _file = new("--file") { Description = "Read the statements from FILE instead; /dev/stdin works.", HelpName = "FILE" };

    private readonly Option<string> _target = Arguments.Target();

    private readonly Option<string?> _searchPath = new("--search-path") { Description = "The session's search_path.", HelpName = "SCHEMAS" };

    private readonly Option<string?> _as = new("--as") { Description = "Judge for an agent of this name (client id) instead of you. For operators.", HelpName = "NAME" };

    private readonly Option<bool> _asHuman = new("--as-human") { Description = "--as names a person (subject)." };

    private readonly Option<string[]> _asGroups = new("--as-groups")
    {
        Description = "The groups NAME's token would have.",
        HelpName = "GROUP",
        AllowMultipleArgumentsPerToken = true,
    };

    private ExplainCommand()
    {
    }

    public static CliCommand Create(Surroundings surroundings)
    {
        var explain = new ExplainCommand();
        var command = new CliCommand(
            "explain",
            "Say how statements would be judged and masked, column by column, without running them. The target only parses them; the question is recorded.")
        {
            Examples =
            [
                "sallyport explain 'SELECT mrn, lower(last_name) FROM clinic.patients' --target clinic",
                "sallyport explain --file report.sql --target clinic --as agent-reporting --as-groups reporting-agents --json",
            ],
            Json = "the API's explanation: {target, policy, statements: [{template, decision, rule, reason, remedy, columns, inferences, ...} ...]}",
            ExitCodes = ApiExitCodes.With(ExitCode.Done, "every statement would run, perhaps after a person's consent", "the text cannot be explained, or is too much at once")
                .Append(new(ExitCode.No, "at least one statement would be refused or fail")).ToDictionary(),
            Arguments = { explain._sql },
            Options = { explain._file, explain._target, explain._searchPath, explain._as, explain._asHuman, explain._asGroups },
        };
        explain._gateway.AddTo(command);
        command.Validators.Add(result =>
        {
            if ((result.GetResult(explain._sql) is null or { Tokens.Count: 0 }) == result.GetResult(explain._file) is null)
            {
                result.AddError("Give either SQL or --file FILE.");
            }

            if (result.GetResult(explain._as) is null && (result.GetResult(explain._asHuman) is { Implicit: false } || result.GetResult(explain._asGroups) is { Implicit: false }))
            {
                result.AddError("--as-human and --as-groups describe whom --as names.");
            }
        });
        return command.Runs(surroundings, explain.RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, Report report, CancellationToken cancellationToken)
    {
        var sql = parsed.GetValue(_file) is { } file ? BoundedFile.ReadText(file, ApiLimits.MaxExplainedBytes) : parsed.GetValue(_sql)!;
        var request = new ExplainRequest
        {
            Sql = sql,
            SearchPath = parsed.GetValue(_searchPath),
            As = parsed.GetValue(_as) is not { } name ? null : new ExplainFor
            {
                Kind = parsed.GetValue(_asHuman) ? CallerKind.Human : CallerKind.Agent,
                Name = name,
                Groups = parsed.GetValue(_asGroups) ?? [],
            },
        };
        using var connection = _gateway.Connect(parsed, report.Surroundings);
        var explanation = await connection.Client.ExplainAsync(parsed.GetRequiredValue(_target), request, cancellationToken);
        report.Answer(explanation, CliJson.Default.ExplanationResource, answer =>
        {
            for (var i = 0; i < answer.Statements.Count; i++)
            {
                ExplanationText.Write(report, answer.Statements[i], answer.Statements.Count > 1 ? i + 1 : 0);
            }
        });
        return explanation.Statements.All(static statement => statement.Decision is ExplainedDecision.Allow or ExplainedDecision.Ask) ? ExitCode.Done : ExitCode.No;
    }
}
