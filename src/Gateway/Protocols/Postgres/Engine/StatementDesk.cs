using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Sql;
using Sallyport.Gateway.Recording;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>
/// Turns a statement's text into a command whose meaning is known: the server parses it without running it, and the tree it shows is analysed.
/// Utility statements are taken apart by the classifier, and the queries inside them are analysed the same way.
/// </summary>
internal sealed class StatementDesk(
    ServerInquiry inquiry,
    Exchange exchange,
    MeaningFinder meanings,
    string target,
    IKnownWords words,
    SqlNames names,
    Func<Command, EncodedCommand> encode)
{
    /// <param name="text">The statement as the client sent it.</param>
    /// <param name="form">Its classified form.</param>
    /// <param name="serverName">Its name at the server; empty for the unnamed statement.</param>
    /// <param name="parameterTypes">Count and OIDs as in the Parse message.</param>
    public async ValueTask<Preparation> PrepareAsync(ReadOnlyMemory<byte> text, StatementForm form, byte[] serverName, ReadOnlyMemory<byte> parameterTypes)
    {
        if (form is StatementForm.Refused refused)
        {
            return Refuse(text, refused.Rule, refused.Reason, refused.Remedy);
        }

        if (SqlNames.IsReserved(form))
        {
            return Refuse(text, "reserved-name", "Names that begin with sallyport_ are the gateway's own.", "Choose another name.");
        }

        var (batch, executes) = (exchange.Batch, exchange.Executes);
        var probe = await inquiry.ParseAsync(serverName, names.Substitute(form, text), parameterTypes);
        switch (probe.End.Result)
        {
            case ProbeEnd.Rejected:
                return new Preparation.Rejected(probe.Error);
            case ProbeEnd.Skipped:
                return new Preparation.Skipped();
        }

        var meaning = await meanings.UnderstandAsync(text, form, probe);
        if (meaning.Refusal is { } refusal)
        {
            inquiry.Forget(serverName);
            return Refuse(text, refusal.Rule, refusal.Reason, refusal.Remedy);
        }

        if (meaning.Error is { } error)
        {
            return new Preparation.Rejected(error);
        }

        var fields = probe.Fields();
        if (meaning.Analysis is { } analysis && analysis.OutputCount != fields.Length)
        {
            return Refuse(text, "analysis:output-mismatch", "The statement's columns could not be matched with the server's.", "Write it in another way.");
        }

        if (meaning.Analysis is { HasTaggedOutput: true } tagged
            && !await inquiry.LearnTypesAsync(tagged.Outputs.Where(static output => output.Tag is not null).Select(output => fields[output.Ordinal].TypeOid)))
        {
            return Refuse(text, "analysis:skipped", "The statement could not be analysed.", "Send it again.");
        }

        var command = CommandOf(text, form, meaning);
        var understood = meaning.Analysis ?? meaning.Inner;
        return new Preparation.Ready(new ServerStatement
        {
            Name = serverName,
            Text = text.ToArray(),
            Form = form,
            Command = command,
            Encoded = encode(command),
            Analysis = meaning.Analysis,
            Inferences = understood?.Inferences ?? [],
            Risk = InferenceWatch.RiskOf(command, understood),
            EqualityColumns = InferenceWatch.EqualityColumnsOf(understood?.Inferences ?? []),
            ParameterDescription = probe.ParameterDescription.Length > 5 ? probe.ParameterDescription[5..] : [],
            Inner = meaning.Inner,
            DumpHash = ServerStatement.HashOf(probe.Dump.WrittenSpan),
            RowDescription = probe.RowDescription,
            Fields = fields,
            ParsedInBatch = batch,
            ParsedAfter = executes,
            ParameterTypes = parameterTypes.ToArray(),
        });
    }

    /// <summary>
    /// Looks up again, in the transaction that is about to run it, what a statement of late resolution names now.
    /// </summary>
    /// <returns>Whether that is exactly what was judged.</returns>
    public async ValueTask<bool> MeansTheSameNowAsync(ServerStatement statement)
    {
        var meaning = await meanings.UnderstandAsync(statement.Text, statement.Form, probe: null);
        return meaning.Refusal is null && meaning.Error is null && !exchange.Skipping
            && CommandOf(statement.Text, statement.Form, meaning) is var now
            && ServerStatement.SameCommand(now, statement.Command);
    }

    private Preparation.Refused Refuse(ReadOnlyMemory<byte> text, string rule, string reason, string remedy) =>
        new(rule, reason, remedy, TemplateWriter.Write(text.Span, words));

    private Command CommandOf(ReadOnlyMemory<byte> text, StatementForm form, Meaning meaning)
    {
        var analysis = meaning.Analysis ?? meaning.Inner;
        var created = form.Creates.Select(static r => new RelationUse(r.Schema, r.Name, RelationAccess.Write));
        var isTemporary = form is StatementForm.CreateTable { IsTemporary: true } or StatementForm.CreateTableAs { IsTemporary: true }
            or StatementForm.CreateView { IsTemporary: true } or StatementForm.CreateSequence { IsTemporary: true };
        return new Command
        {
            Target = target,
            Class = (CommandClass)Math.Max((int)form.Class, (int)(analysis?.Class ?? CommandClass.Session)),
            Effects = form.Effects | (analysis?.Effects ?? Effects.None),
            Unbounded = form is StatementForm.Truncate || analysis?.Unbounded == true,
            Relations = [.. analysis?.Relations ?? [], .. meaning.Relations, .. isTemporary ? created.Select(static use => use with { Schema = "pg_temp" }) : created],
            Functions = analysis?.Functions ?? [],
            PhiColumns = analysis?.PhiColumns ?? [],
            Inferences = [.. (analysis?.Inferences ?? []).Select(static i => new ColumnInference(i.Column, PolicyNames.Kebab(i.Kind.ToString()), i.Values.IsDefault ? 0 : i.Values.Length))],
            TouchesPhi = meaning.TouchesPhi || analysis?.TouchesPhi == true,
            Template = TemplateWriter.Write(text.Span, words),
        };
    }
}
