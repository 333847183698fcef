using System.Text;
using Sallyport.Gateway.Budgets;
using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Analysis;
using Sallyport.Gateway.Protocols.Postgres.Analysis.Catalog;
using Sallyport.Gateway.Protocols.Postgres.Messages;
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
    MaskedWriteGuard guard,
    string target,
    IKnownWords words,
    SqlNames names,
    Func<Command, EncodedCommand> encode)
{
    private static readonly byte[] NoParameters = [0, 0];

    private readonly CopyDesk _copies = new(inquiry);

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
        var clear = inquiry.Shown();
        var probe = await inquiry.ParseAsync(serverName, names.Substitute(form, text), parameterTypes);
        if (probe.End.Result is ProbeEnd.Rejected or ProbeEnd.Skipped)
        {
            return probe.End.Result == ProbeEnd.Rejected ? new Preparation.Rejected(probe.Error) : new Preparation.Skipped();
        }

        var stamp = inquiry.Stamp();
        var meaning = await meanings.UnderstandAsync(text, form, probe);
        if (meaning.Refusal is { } refusal)
        {
            return Forget(serverName, text, refusal);
        }

        if (meaning.Error is { } error)
        {
            return new Preparation.Rejected(error);
        }

        if (meaning.IsCopyToMask)
        {
            inquiry.Forget(serverName);
            return await PrepareCopyAsync(text, (StatementForm.Copy)form, serverName);
        }

        var fields = probe.Fields();
        if (meaning.Rows is { } rows && (rows.OutputCount != fields.Length || (meaning.ReturnsInner && !fields.AsSpan().SequenceEqual(meaning.InnerFields))))
        {
            inquiry.Forget(serverName);
            return Refuse(text, "analysis:output-mismatch", "The statement's columns could not be matched with the server's.", "Write it in another way.");
        }

        if (!await LearnTypesAsync(meaning, fields))
        {
            return Refuse(text, "analysis:skipped", "The statement could not be analysed.", "Send it again.");
        }

        var statement = Statement(text, form, meaning, fields);
        if (guard.RefusalOf(text.Span, form, statement.Command) is { } unwritable)
        {
            return Forget(serverName, text, unwritable);
        }

        return new Preparation.Ready(statement with
        {
            Name = serverName,
            Clear = clear,
            Age = new StatementAge(stamp, exchange.Transaction),
            ParameterDescription = probe.ParameterDescription.Length > 5 ? probe.ParameterDescription[5..] : [],
            DumpHash = ServerStatement.HashOf(probe.Dump.WrittenSpan),
            RowDescription = probe.RowDescription,
            ParsedInBatch = batch,
            ParsedAfter = executes,
            ParameterTypes = parameterTypes.ToArray(),
        });
    }

    /// <summary>A COPY out of tagged columns, as the SELECT it stands for.</summary>
    private async ValueTask<Preparation> PrepareCopyAsync(ReadOnlyMemory<byte> text, StatementForm.Copy copy, byte[] serverName)
    {
        var (batch, executes) = (exchange.Batch, exchange.Executes);
        switch (await _copies.SelectAsync(text, copy, inquiry.Major))
        {
            case { Error: { } error }:
                return new Preparation.Rejected(error);
            case { Select: { } select }:
                var selected = await PrepareAsync(Encoding.UTF8.GetBytes(select), new StatementForm.Analysed(), serverName, NoParameters);
                return selected is Preparation.Ready ready
                    ? await PrepareCopyAsync(text, copy, ready.Statement with { ParsedInBatch = batch, ParsedAfter = executes })
                    : selected is Preparation.Rejected rejected ? new Preparation.Rejected(ErrorFields.MovePosition(rejected.Error, null)) : selected;
            default:
                return Refuse(text, "analysis:skipped", "The statement could not be analysed.", "Send it again.");
        }
    }

    private async ValueTask<Preparation> PrepareCopyAsync(ReadOnlyMemory<byte> text, StatementForm.Copy copy, ServerStatement select)
    {
        if (select.ParameterDescription.AsSpan().IndexOfAnyExcept((byte)0) >= 0)
        {
            inquiry.Forget(select.Name);
            return new Preparation.Rejected(ErrorFields.Error("42P02", "there is no parameter $1"));
        }

        var (layout, error) = await _copies.LayoutAsync(text, copy, select.RowDescription);
        if (error is not null)
        {
            return new Preparation.Rejected(error);
        }

        if (layout is null)
        {
            inquiry.Forget(select.Name);
            return Refuse(text, "copy-option", "An option of this COPY could not be read.", "Write its values as plain strings.");
        }

        var command = CommandOf(text, copy, new Meaning { Analysis = select.Analysis });
        return new Preparation.Ready(select with
        {
            Text = text.ToArray(),
            Form = copy,
            Command = command,
            Encoded = encode(command),
            Copy = layout,
            IsBinary = layout.Format == CopyFormat.Binary,
            ParameterTypes = NoParameters,
        });
    }

    /// <summary>A statement of PREPARE, for a Bind message that names it: judged as an EXECUTE of it would be now.</summary>
    public async ValueTask<Preparation> PrepareBoundAsync(string name)
    {
        // Of the state it is understood in only the declaration counts: it is judged anew each time.
        var age = new StatementAge(default(CatalogStamp) with { Declaration = inquiry.Stamp().Declaration }, transaction: 0);
        var clear = inquiry.Shown();
        var meaning = await meanings.ExecutedAsync(name);
        var text = names.Prepared(name)?.Text ?? [];
        if (meaning.Refusal is { } refusal)
        {
            return Refuse(text, refusal.Rule, refusal.Reason, refusal.Remedy);
        }

        if (meaning.Error is { } error)
        {
            return new Preparation.Rejected(error);
        }

        return !await LearnTypesAsync(meaning, meaning.InnerFields)
            ? Refuse(text, "analysis:skipped", "The statement could not be analysed.", "Send it again.")
            : new Preparation.Ready(Statement(text, new StatementForm.Analysed(), meaning, meaning.InnerFields) with { Name = Encoding.UTF8.GetBytes(name), Age = age, Clear = clear });
    }

    /// <summary>The FETCH that an Execute message naming a cursor stands for; null where the target's columns were declared anew since.</summary>
    public ServerStatement? FetchOf(NamedQuery cursor)
    {
        if (inquiry.IsRedeclared(cursor))
        {
            return null;
        }

        var text = Encoding.UTF8.GetBytes($"FETCH FROM {NamedRelation.Quote(cursor.Name)}");
        var form = new StatementForm.Fetch(cursor.Name, IsMove: false);
        return Statement(text, form, MeaningFinder.FetchOf(cursor, returnsRows: true), cursor.Fields) with
        {
            Age = new StatementAge(default(CatalogStamp) with { Declaration = cursor.Declaration }, transaction: 0),
        };
    }

    /// <summary>
    /// Looks up again, in the transaction that is about to run it, what a statement of late resolution names now.
    /// </summary>
    /// <returns>Whether that is exactly what was judged.</returns>
    public async ValueTask<bool> MeansTheSameNowAsync(ServerStatement statement)
    {
        await exchange.SettleNamesAsync();
        var meaning = await meanings.UnderstandAsync(statement.Text, statement.Form, probe: null);
        return meaning.Refusal is null && meaning.Error is null && !exchange.Skipping
            && ServerStatement.SameCommand(CommandOf(statement.Text, statement.Form, meaning), statement.Command)
            && ServerStatement.SameColumns(meaning.Query, statement.Understood)
            && (!meaning.ReturnsInner || meaning.InnerFields.AsSpan().SequenceEqual(statement.Fields));
    }

    /// <summary>Refuses what the server has parsed already.</summary>
    private Preparation.Refused Forget(byte[] serverName, ReadOnlyMemory<byte> text, Refusal refusal)
    {
        inquiry.Forget(serverName);
        return Refuse(text, refusal.Rule, refusal.Reason, refusal.Remedy);
    }

    private Preparation.Refused Refuse(ReadOnlyMemory<byte> text, string rule, string reason, string remedy) =>
        new(rule, reason, remedy, TemplateWriter.Write(text.Span, words));

    /// <summary>Loads what masks have to know of the types of tagged columns, those of a query that is only given a name included. False when the catalogue cannot be read.</summary>
    private async ValueTask<bool> LearnTypesAsync(Meaning meaning, FieldType[] fields)
    {
        var columns = meaning.Analysis is null ? meaning.InnerFields : fields;
        return meaning.Query is not { HasTaggedOutput: true } query || columns.Length == 0
            || await inquiry.LearnTypesAsync(query.Outputs.Where(static output => output.Tag is not null).Select(output => columns[output.Ordinal].TypeOid));
    }

    /// <summary>The query a DECLARE or PREPARE gives a name to.</summary>
    private NamedQuery? QueryOf(StatementForm form, Meaning meaning) => (form, meaning.Inner) switch
    {
        (StatementForm.Declare declare, { } query) => new NamedQuery
        {
            Name = declare.Cursor,
            Meaning = query,
            Fields = meaning.InnerFields,
            IsHeld = declare.WithHold,
            IsBinary = declare.Binary,
        },
        (StatementForm.Prepare prepare, { } query) => new NamedQuery
        {
            Name = prepare.Name,
            Meaning = query,
            Clear = inquiry.Shown(),
            DumpHash = meaning.DumpHash,
            Fields = meaning.InnerFields,
            Text = Encoding.UTF8.GetBytes(prepare.InnerProbe),
        },
        _ => null,
    };

    private ServerStatement Statement(ReadOnlyMemory<byte> text, StatementForm form, Meaning meaning, FieldType[] fields)
    {
        var command = CommandOf(text, form, meaning);

        // A cursor's comparisons were counted when it was declared.
        var inferences = meaning.Cursor is null ? meaning.Query?.Inferences ?? [] : [];
        return new ServerStatement
        {
            Text = text.ToArray(),
            Form = form,
            Command = command,
            Encoded = encode(command),
            Analysis = meaning.Analysis,
            Inner = meaning.Inner,
            Outputs = meaning.Rows?.Outputs ?? [],
            Inferences = inferences,
            Risk = InferenceWatch.RiskOf(command, meaning.Query),
            Trial = meaning.Cursor is null ? InferenceWatch.TrialOf(command, meaning.Query) : TrialKind.None,
            EqualityColumns = form is StatementForm.Declare or StatementForm.Prepare ? [] : InferenceWatch.EqualityColumnsOf(meaning.Query?.Inferences ?? []),
            SetsSettings = meaning.Query is { SetConfigCalls.Length: > 0 },
            Query = QueryOf(form, meaning),
            GoesOn = meaning.Cursor is not null,
            IsBinary = meaning is { Cursor.IsBinary: true, ReturnsInner: true },
            Fields = fields,
            ParsedInBatch = exchange.Batch,
            ParsedAfter = exchange.Executes,
        };
    }

    private Command CommandOf(ReadOnlyMemory<byte> text, StatementForm form, Meaning meaning)
    {
        var analysis = meaning.Query;
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
            Unmasked = analysis?.Unmasked ?? [],
            Inferences = [.. (analysis?.Inferences ?? []).Select(static i => new ColumnInference(i.Column, PolicyNames.Kebab(i.Kind.ToString()), i.Values.IsDefault ? 0 : i.Values.Length))],
            TouchesPhi = meaning.TouchesPhi || analysis?.TouchesPhi == true,
            Template = TemplateWriter.Write(text.Span, words),
        };
    }
}
