using System.Collections.Immutable;
using System.Text;
using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Analysis;
using Sallyport.Gateway.Protocols.Postgres.Engine;
using Sallyport.Gateway.Protocols.Postgres.Messages;
using Sallyport.Gateway.Protocols.Postgres.Sql;
using Sallyport.Gateway.Recording;

namespace Sallyport.Gateway.Protocols.Postgres.Explain;

/// <summary>Puts into words what the desk and the policy say about one statement.</summary>
internal static class ExplanationText
{
    public static StatementExplanation Of(ReadOnlyMemory<byte> text, Preparation preparation, Func<Command, Verdict> judge, PhiMap phi, IKnownWords words) => preparation switch
    {
        Preparation.Ready { Statement: var statement } => Ready(statement, judge(statement.Command), phi),
        Preparation.Refused refused => new StatementExplanation
        {
            Template = refused.Template,
            Decision = ExplainedDecision.Deny,
            Rule = refused.Rule,
            Reason = refused.Reason,
            Remedy = refused.Remedy,
        },
        Preparation.Rejected { Error: var error } => Rejected(TemplateWriter.Write(text.Span, words), error),
        _ => new StatementExplanation
        {
            Template = TemplateWriter.Write(text.Span, words),
            Decision = ExplainedDecision.Error,
            Reason = "The target did not look at the statement.",
            Remedy = "Ask again.",
        },
    };

    private static StatementExplanation Ready(ServerStatement statement, Verdict verdict, PhiMap phi)
    {
        var analysis = statement.Analysis ?? statement.Inner;
        var explanation = new StatementExplanation
        {
            Template = statement.Command.Template,
            Decision = ExplainedDecision.Allow,
            Rule = verdict.Rule,
            Command = statement.Command,
            Columns = analysis is null ? [] : ColumnsOf(analysis, statement.Analysis is null ? [] : NamesOf(statement.RowDescription), phi),
            Inferences = analysis?.Inferences ?? [],
        };
        return verdict switch
        {
            Verdict.Ask ask => explanation with
            {
                Decision = ExplainedDecision.Ask,
                Approvers = ask.Approvers,
                Reason = "The rule asks a person first.",
                Remedy = $"Run it: it waits {ask.Hold.TotalSeconds:0.###} s for a member of {string.Join(" or ", ask.Approvers)}.",
            },
            Verdict.Deny deny => explanation with { Decision = ExplainedDecision.Deny, Reason = deny.Reason, Remedy = deny.Remedy, Access = deny.Access },
            _ => explanation,
        };
    }

    private static StatementExplanation Rejected(string template, byte[] error)
    {
        var body = error.AsSpan(5);
        return new StatementExplanation
        {
            Template = template,
            Decision = ExplainedDecision.Error,
            SqlState = ErrorFields.SqlState(body),
            Reason = Encoding.UTF8.GetString(ErrorFields.Find(body, ErrorFields.Message)),
            Remedy = Encoding.UTF8.GetString(ErrorFields.Find(body, ErrorFields.Hint)),
        };
    }

    private static ImmutableArray<ExplainedColumn> ColumnsOf(StatementAnalysis analysis, string[] names, PhiMap phi)
    {
        var columns = ImmutableArray.CreateBuilder<ExplainedColumn>(analysis.Outputs.Length);
        foreach (var output in analysis.Outputs)
        {
            var name = output.Ordinal < names.Length ? names[output.Ordinal] : null;
            columns.Add(output.Tag is null
                ? new ExplainedColumn(name, null, null, IsDerived: false, Mask: null, "holds nothing tagged")
                : new ExplainedColumn(name, output.Tag, output.Source, output.IsDerived, MaskOf(output, phi), ReasonOf(output)));
        }

        return columns.ToImmutable();
    }

    private static string MaskOf(OutputColumn output, PhiMap phi) => output switch
    {
        { IsDerived: true } => "constant",
        { Tag: var tag } when ReservedTags.Contains(tag!) => "redact",
        { Tag: var tag } => MaskNames.Of(phi.MaskFor(tag!).Kind),
    };

    private static string ReasonOf(OutputColumn output)
    {
        var source = output.Source ?? "tagged values";
        return output switch
        {
            { IsDerived: true, Reason: { Length: > 0 } through } => $"computed from tagged values: {through}; select the stored column itself to get its mask",
            { IsDerived: true } => $"computed from {source}; select the stored column itself to get its mask",
            { Tag: ReservedTags.Unclassified } => $"{source} is a new column of a table with tagged ones; classify it under phi",
            { Tag: ReservedTags.SqlText } => "SQL text of sessions, which holds literals",
            { Tag: ReservedTags.SystemData } => $"{source} holds copies of stored values, or secrets",
            { Tag: ReservedTags.Derived } => $"{source} is stored, but computed from tagged columns",
            { Reason: { Length: > 0 } through } when through != source => $"the stored value of {source}, through {through}",
            _ => $"the stored value of {source}",
        };
    }

    /// <summary>Column names of a RowDescription message.</summary>
    private static string[] NamesOf(byte[] rowDescription)
    {
        if (rowDescription.Length == 0)
        {
            return [];
        }

        const int BytesBehindName = 18; // table OID, attribute, type OID, size, modifier, format
        var reader = new MessageReader(rowDescription.AsSpan(5));
        var names = new string[reader.Int16()];
        for (var i = 0; i < names.Length; i++)
        {
            names[i] = Encoding.UTF8.GetString(reader.CString());
            reader.Bytes(BytesBehindName);
        }

        return names;
    }
}
