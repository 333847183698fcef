using System.Text;
using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Analysis;
using Sallyport.Gateway.Protocols.Postgres.Analysis.Catalog;
using Sallyport.Gateway.Protocols.Postgres.Messages;
using Sallyport.Gateway.Protocols.Postgres.Sql;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>Asks the server about statements without running them, hidden from the client, on the client's own session and transaction.</summary>
/// <param name="exchange">The session's conversation with the server.</param>
/// <param name="catalog">The target's facts.</param>
/// <param name="watch">Looks at the target past the session.</param>
/// <param name="shown">The tagged columns that are clear to the session's principal now.</param>
internal sealed class ServerInquiry(Exchange exchange, TargetCatalog catalog, CatalogWatch watch, Func<UnmaskedColumns> shown)
{
    private const int MaxDumpBytesOnLoop = 128 * 1024;

    private static ReadOnlySpan<byte> InnerName => "sallyport_inner"u8;

    /// <summary>The target's major version.</summary>
    public int Major => catalog.Major;

    /// <summary>The catalogue's state now.</summary>
    public CatalogStamp Stamp() => catalog.Stamp();

    /// <summary>The tagged columns that are clear to the session's principal now.</summary>
    public UnmaskedColumns Shown() => shown();

    /// <summary>Whether the target's columns were declared anew since the cursor was, or one that is clear in it is masked by now.</summary>
    public bool IsRedeclared(NamedQuery cursor) => cursor.Declaration != catalog.Declaration || shown().FirstLost(cursor.Meaning.Unmasked) is not null;

    /// <summary>Parse and Describe under <paramref name="serverName"/>, which the server keeps.</summary>
    public async ValueTask<Probe> ParseAsync(byte[] serverName, ReadOnlyMemory<byte> text, ReadOnlyMemory<byte> parameterTypes)
    {
        WriteParse(serverName, text.Span, parameterTypes.Span);
        return await AskAsync(new Probe());
    }

    /// <summary>Lets the server forget a statement that will not be used. The unnamed one goes by itself.</summary>
    public void Forget(byte[] serverName)
    {
        if (serverName.Length > 0 && !exchange.Skipping)
        {
            exchange.Server.Begin(FrontendMessage.Close).Byte((byte)'S').CString(serverName).End();
            exchange.Replies.Enqueue(new Reply(ReplyKind.Close, Hidden: true));
        }
    }

    /// <summary>Parse and Describe of a text that only has to be understood; the server forgets it at once.</summary>
    public async ValueTask<Probe> ParseInnerAsync(ReadOnlyMemory<byte> text)
    {
        WriteParse(InnerName, text.Span, "\0\0"u8);
        var probe = new Probe();
        exchange.Replies.Enqueue(new Reply(ReplyKind.Probe, probe));
        exchange.Server.Begin(FrontendMessage.Close).Byte((byte)'S').CString(InnerName).End();
        exchange.Replies.Enqueue(new Reply(ReplyKind.Close, Hidden: true));
        exchange.Server.Begin(FrontendMessage.Flush).End();
        await exchange.FlushServerAsync();
        await probe.End;
        return probe;
    }

    /// <summary>
    /// Lets the server read several statements at once, as it reads a simple query before it runs any of it. Ends the open transaction.
    /// </summary>
    /// <returns>The server's error when one of them cannot be read; null when all can.</returns>
    public async ValueTask<byte[]?> SyntaxErrorAsync(ReadOnlyMemory<byte> statements)
    {
        var probe = new Probe();
        exchange.Server.Begin(FrontendMessage.Parse).CString(InnerName).CString(statements.Span).Int16(0).End();
        exchange.Replies.Enqueue(new Reply(ReplyKind.Probe, probe));
        exchange.SendSync(hidden: true);
        await exchange.FlushServerAsync();
        await probe.End;

        // Parse refuses several statements, but only after it has read them all.
        var isReadable = ErrorFields.Find(probe.Error.AsSpan(5), ErrorFields.Routine).SequenceEqual("exec_parse_message"u8);
        return isReadable ? null : probe.Error;
    }

    /// <summary>Reads the dump of a probe, fetching what the catalogue lacks.</summary>
    /// <param name="probe">What the server said.</param>
    /// <param name="clear">The tagged columns that are clear in it.</param>
    public async ValueTask<AnalysisOutcome> AnalyseAsync(Probe probe, UnmaskedColumns clear)
    {
        if (probe.Dumps != 1)
        {
            return new AnalysisOutcome.Unreadable(probe.Dumps == 0
                ? "the server did not show how it understands the statement"
                : "the server's view of the statement is too large or not unique");
        }

        var since = catalog.Mark();
        for (var round = 0; round <= StatementAnalyzer.MaxFactRounds; round++)
        {
            // A large tree is read on the thread pool: the loop serves other sessions meanwhile.
            var outcome = probe.Dump.WrittenCount <= MaxDumpBytesOnLoop
                ? StatementAnalyzer.Analyze(probe.Dump.WrittenSpan, catalog, since, clear)
                : await Task.Run(() => StatementAnalyzer.Analyze(probe.Dump.WrittenSpan, catalog, since, clear));
            if (outcome is not AnalysisOutcome.NeedsFacts { Missing: var missing })
            {
                return outcome;
            }

            var query = catalog.QueryFor(missing);
            if (await FactsAsync(query.Sql) is not { } rows)
            {
                return new AnalysisOutcome.Unreadable("the server's catalogue could not be read");
            }

            catalog.Load(query, rows);
            catalog.Keeper?.SaveSoon(catalog.Columns);
        }

        return new AnalysisOutcome.Unreadable("the statement uses too many unknown objects");
    }

    /// <summary>Reads the facts about result types that the masks need and the catalogue lacks.</summary>
    /// <returns>False when the catalogue cannot be read.</returns>
    public async ValueTask<bool> LearnTypesAsync(IEnumerable<uint> types)
    {
        if (catalog.MissingTypes(types) is not { } missing)
        {
            return true;
        }

        var query = catalog.QueryFor(missing);
        if (await QueryAsync(query.Sql) is not { } rows)
        {
            return false;
        }

        catalog.Load(query, rows);
        return true;
    }

    /// <summary>Loads what every analysis needs, once per target.</summary>
    /// <returns>False when the catalogue cannot be read.</returns>
    public async ValueTask<bool> BootstrapAsync()
    {
        if (catalog.Keeper is { } keeper)
        {
            await keeper.LoadAsync(catalog.Columns, await DatabaseAsync());
        }

        foreach (var query in catalog.Bootstrap)
        {
            if (await QueryAsync(query.Sql) is not { } rows)
            {
                return false;
            }

            catalog.Load(query, rows);
        }

        return catalog.IsReady;
    }

    /// <summary>Which database this is, whatever it is called and wherever it runs.</summary>
    private async ValueTask<string> DatabaseAsync()
    {
        var rows = await QueryAsync(
            "SELECT c.system_identifier::pg_catalog.text, d.oid::pg_catalog.text FROM pg_catalog.pg_control_system() c, pg_catalog.pg_database d "
            + "WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()");
        return rows is [[{ } system, { } database]] ? $"{Encoding.UTF8.GetString(system)}/{Encoding.UTF8.GetString(database)}" : "";
    }

    /// <summary>
    /// Reads facts as they are now. Inside a transaction block the session's own snapshot may be an old one (REPEATABLE READ), so they come
    /// over the gateway's own connection, unless the transaction has changed the schema itself, which nobody else can see yet.
    /// </summary>
    private async ValueTask<IReadOnlyList<byte[]?[]>?> FactsAsync(string sql)
    {
        if (exchange.TransactionStatus == (byte)'I' || exchange.TransactionRanDdl)
        {
            return await QueryAsync(sql);
        }

        if (await watch.QueryAsync(sql) is { } rows)
        {
            return rows;
        }

        return await QueryAsync("SELECT pg_catalog.current_setting('transaction_isolation')") is [[{ } isolation]] && isolation.AsSpan().SequenceEqual("read committed"u8)
            ? await QueryAsync(sql)
            : null;
    }

    /// <summary>Runs a catalogue query. Null when the server refused it; its transaction has then failed.</summary>
    public async ValueTask<IReadOnlyList<byte[]?[]>?> QueryAsync(string sql)
    {
        var reader = new FactsReader();
        FactsReader.Send(exchange.Server, sql);
        exchange.Replies.Enqueue(new Reply(ReplyKind.Facts, reader));
        await exchange.FlushServerAsync();
        return await reader.End ? reader.Rows : null;
    }

    /// <summary>Finds the relations that names stand for under the session's search path. Names that stand for nothing are left out.</summary>
    /// <returns>Schema, name and kind (pg_class.relkind) of each, or null when the catalogue cannot be read.</returns>
    public async ValueTask<IReadOnlyList<(string Schema, string Name, char Kind)>?> ResolveAsync(IEnumerable<string> quotedNames)
    {
        var names = string.Join(", ", quotedNames.Select(static name => $"pg_catalog.to_regclass('{name.Replace("'", "''", StringComparison.Ordinal)}')::pg_catalog.oid"));
        var rows = await QueryAsync(
            "SELECT n.nspname, c.relname, c.relkind FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace "
            + $"WHERE c.oid OPERATOR(pg_catalog.=) ANY (ARRAY[{names}]::pg_catalog.oid[])");
        return rows?.Select(static row => (Encoding.UTF8.GetString(row[0]!), Encoding.UTF8.GetString(row[1]!), (char)row[2]![0])).ToList();
    }

    /// <summary>The kind of a relation and the columns a query can name. Null when there is none, or the catalogue cannot be read.</summary>
    public async ValueTask<(char Kind, IReadOnlyList<(string Name, bool IsGenerated)> Columns)?> ColumnsAsync(NamedRelation relation)
    {
        var rows = await QueryAsync(
            "SELECT c.relkind, a.attname, a.attgenerated OPERATOR(pg_catalog.<>) ''::pg_catalog.\"char\" FROM pg_catalog.pg_class c "
            + "JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) c.oid AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped "
            + $"WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('{relation.Sql.Replace("'", "''", StringComparison.Ordinal)}')::pg_catalog.oid ORDER BY a.attnum");
        return rows is not { Count: > 0 } ? null : ((char)rows[0][0]![0], [.. rows.Select(static row => (Encoding.UTF8.GetString(row[1]!), row[2] is [(byte)'t']))]);
    }

    /// <summary>Runs a COPY TO STDOUT that copies nothing.</summary>
    public async ValueTask<CopyRehearsal> RehearseAsync(string sql)
    {
        var rehearsal = new CopyRehearsal();
        FactsReader.Send(exchange.Server, sql);
        exchange.Replies.Enqueue(new Reply(ReplyKind.Rehearsal, rehearsal));
        await exchange.FlushServerAsync();
        await rehearsal.End;
        return rehearsal;
    }

    private async ValueTask<Probe> AskAsync(Probe probe)
    {
        exchange.Replies.Enqueue(new Reply(ReplyKind.Probe, probe));
        exchange.Server.Begin(FrontendMessage.Flush).End();
        await exchange.FlushServerAsync();
        await probe.End;
        return probe;
    }

    private void WriteParse(ReadOnlySpan<byte> name, ReadOnlySpan<byte> text, ReadOnlySpan<byte> parameterTypes)
    {
        exchange.Server.Begin(FrontendMessage.Parse).CString(name).CString(text).Bytes(parameterTypes).End();
        exchange.Server.Begin(FrontendMessage.Describe).Byte((byte)'S').CString(name).End();
    }
}
