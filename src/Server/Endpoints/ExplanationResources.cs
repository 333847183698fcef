using Sallyport.Api;
using Sallyport.Gateway.Protocols.Postgres.Explain;

namespace Sallyport.Server.Endpoints;

/// <summary>How explanations look in the API.</summary>
internal static class ExplanationResources
{
    public static ExplanationResource Of(string target, ExplainResult.Explained explained) =>
        new(target, explained.PolicyHash, [.. explained.Statements.Select(Of)]);

    private static StatementExplanationResource Of(StatementExplanation statement) => new()
    {
        Template = statement.Template,
        Decision = Enum.Parse<Api.ExplainedDecision>(statement.Decision.ToString()),
        Rule = statement.Rule,
        Reason = statement.Reason,
        Remedy = statement.Remedy,
        SqlState = statement.SqlState,
        Approvers = statement.Approvers,
        Class = statement.Command?.Class.ToString().ToLowerInvariant() ?? "",
        Effects = statement.Command is { } command ? CommandResources.EffectsOf(command.Effects, command.Unbounded) : [],
        Relations = [.. statement.Command?.Relations.Select(CommandResources.Of) ?? []],
        Functions = statement.Command?.Functions ?? [],
        Columns = [.. statement.Columns.Select(column => new ExplainedColumnResource
        {
            Name = column.Name,
            Mask = column.Mask,
            Tag = column.Tag,
            Source = column.Source,
            Reason = column.Reason,
        })],
        Inferences = [.. statement.Inferences.Select(inference => new InferenceResource(
            inference.Column, inference.Tag, inference.Kind.ToString().ToLowerInvariant(), inference.Values.Length))],
    };
}
