using System.CommandLine;
using Sallyport.Api;
using Sallyport.Cli.Connection;
using Sallyport.Cli.Output;

namespace Sallyport.Cli.Commands;

/// <summary><c>access explain</c>: why a command is or would be refused, and what to ask for.</summary>
internal static class AccessExplainCommand
{
    public static CliCommand Create(Surroundings surroundings)
    {
        var gateway = new GatewayOptions();
        var sql = new Argument<string>("SQL") { Description = "One or more statements; nothing of them runs." };
        var target = Arguments.Target();
        var command = new CliCommand("explain", "Say why a command is refused or allowed, by the same engine that judges it, and which line asks for what is missing. Nothing runs.")
        {
            Examples = ["sallyport access explain 'SELECT * FROM clinic.encounters' --target clinic"],
            Json = "as in `explain`; where nothing of the target is open, one denied statement without a template",
            ExitCodes = ApiExitCodes.With(ExitCode.Done, "every statement would run, perhaps after a person's consent", "the text cannot be explained, or is too much at once")
                .Append(new(ExitCode.No, "at least one statement would be refused or fail")).OrderBy(static code => code.Key).ToDictionary(),
            Arguments = { sql },
            Options = { target },
        };
        gateway.AddTo(command);
        return command.Runs(surroundings, async (parsed, report, cancellationToken) =>
        {
            using var connection = gateway.Connect(parsed, surroundings);
            var explanation = await ExplainAsync(connection.Client, parsed.GetRequiredValue(target), parsed.GetRequiredValue(sql), cancellationToken);
            report.Answer(explanation, CliJson.Default.ExplanationResource, answer =>
            {
                for (var i = 0; i < answer.Statements.Count; i++)
                {
                    ExplanationText.Write(report, answer.Statements[i], answer.Statements.Count > 1 ? i + 1 : 0);
                }
            });
            return explanation.Statements.All(static statement => statement.Decision is ExplainedDecision.Allow or ExplainedDecision.Ask) ? ExitCode.Done : ExitCode.No;
        });
    }

    private static async Task<ExplanationResource> ExplainAsync(SallyportClient client, string target, string sql, CancellationToken cancellationToken)
    {
        try
        {
            return await client.ExplainAsync(target, new ExplainRequest { Sql = sql }, cancellationToken);
        }
        catch (ApiException exception) when (exception.Failure == ApiFailure.Refused)
        {
            // Nothing of the target is open, so nothing can be parsed there; that is the answer.
            return new ExplanationResource(target, "", [new StatementExplanationResource
            {
                Template = "",
                Decision = ExplainedDecision.Deny,
                Rule = "no-grant",
                Reason = exception.Message,
                Remedy = exception.Remedy,
            }]);
        }
    }
}
