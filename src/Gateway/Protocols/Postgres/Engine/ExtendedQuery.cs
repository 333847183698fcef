using System.Text;
using Sallyport.Gateway.Protocols.Postgres.Messages;
using Sallyport.Gateway.Protocols.Postgres.Sql;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>
/// The extended query protocol. ParseComplete is withheld until a statement was analysed and judged; Bind, Describe and Execute are forwarded
/// under the gateway's own statement names, with the mask plan and the verdict attached to statement and portal.
/// </summary>
internal sealed class ExtendedQuery(
    Exchange exchange,
    StatementDesk desk,
    StatementCache cache,
    SqlNames names,
    Admittance admittance,
    Executor executor,
    CopyRelay copy)
{
    /// <summary>Most prepared statements, and most portals, a client may have at one time.</summary>
    public const int MaxNames = 2000;

    /// <summary>Most bytes of statement texts, and of parameters of open portals, one session may hold.</summary>
    public const int MaxHeldBytes = 32 * 1024 * 1024;

    private static readonly byte[] ParseComplete = [BackendMessage.ParseComplete, 0, 0, 0, 4];
    private static readonly byte[] CloseComplete = [BackendMessage.CloseComplete, 0, 0, 0, 4];

    private readonly Dictionary<string, Portal> _portals = new(StringComparer.Ordinal);
    private long _nextPortal;

    /// <summary>A simple query drops the unnamed statement, as at the server.</summary>
    public void ForgetUnnamed() => names.Unnamed = null;

    /// <param name="body">The body of a Parse message.</param>
    public async ValueTask ParseAsync(ReadOnlyMemory<byte> body)
    {
        ExtendedMessages.ReadParse(body, out var name, out var text, out var types);
        if (name.Length > 0 && names.Statements.ContainsKey(name))
        {
            exchange.InjectError(ErrorFields.Error("42P05", "a prepared statement of this name already exists"));
            return;
        }

        if (names.Statements.Count >= MaxNames || names.Statements.Values.Sum(static s => (long)s.Text.Length) + text.Length > MaxHeldBytes)
        {
            exchange.InjectError(ErrorFields.Error("53400", "too many or too large prepared statements in one session; close some"));
            return;
        }

        var form = FormOf(text.Span);
        if (await admittance.IsHaltedAsync(text, form))
        {
            return;
        }

        if (name.Length == 0)
        {
            // As at the server: a Parse of the unnamed statement ends the one before, even when it fails.
            names.Unnamed = null;
        }

        var statement = name.Length > 0
            ? await PrepareAsync(text, form, cache.NewName(), types)
            : await UnnamedAsync(text, form, types);
        if (statement is null)
        {
            return;
        }

        if (name.Length > 0 && admittance.WouldForbid(statement))
        {
            executor.CloseStatement(statement);
        }

        if (await admittance.IsForbiddenAsync(statement))
        {
            return;
        }

        Map(name, statement);
        exchange.Reply(ParseComplete, undo: () => Map(name, statement: null));
    }

    /// <param name="body">The body of a Bind message.</param>
    public async ValueTask BindAsync(ReadOnlyMemory<byte> body)
    {
        var parts = BindParts.Read(body.Span);
        var portalName = Encoding.UTF8.GetString(body.Span[parts.Portal]);
        var statementName = Encoding.UTF8.GetString(body.Span[parts.Statement]);
        if (SqlNames.IsReserved(portalName) || Find(statementName) is not { } statement)
        {
            exchange.InjectError(ErrorFields.Error("26000", "the prepared statement does not exist, or was not prepared with a Parse message"));
            return;
        }

        if (statement.IsVoid)
        {
            // Its meaning changed after a change of schema: prepared and judged anew under another name, the client's own stays.
            if (await PrepareAsync(statement.Text, statement.Form, cache.NewName(), statement.ParameterTypes) is not { } again)
            {
                return;
            }

            Map(statementName, again);
            statement = again;
        }

        if (exchange.IsIdle)
        {
            _portals.Clear();
        }

        if (_portals.Count >= MaxNames || HeldBytes() + parts.Length(body.Span) > MaxHeldBytes)
        {
            exchange.InjectError(ErrorFields.Error("53400", "too many or too large open portals in one session; send Sync, or close some"));
            return;
        }

        if (!parts.FormatsFit(statement.Fields.Length))
        {
            exchange.InjectError(ErrorFields.Error("08P01", "the bind message has another number of result formats than the statement has columns"));
            return;
        }

        var portal = new Portal
        {
            Statement = statement,
            Plan = executor.PlanOf(statement, parts.ResultFormats(body.Span)),
            Batch = exchange.Batch,
            ServerName = portalName.Length == 0 ? [] : Encoding.ASCII.GetBytes($"sallyport_p{++_nextPortal}"),
            IsFresh = statement.IsFresh(exchange),
            Parameters = statement.ChangesSomething ? body[parts.Parameters].ToArray() : [],
        };
        if (!portal.IsFresh && statement.ChangesSomething)
        {
            _ = portal.WhenBound();
        }

        var before = _portals.GetValueOrDefault(portalName);
        _portals[portalName] = portal;
        exchange.Server.Begin(FrontendMessage.Bind)
            .CString(portal.ServerName)
            .CString(statement.Name)
            .Bytes(body.Span[parts.AfterNames..])
            .End();
        exchange.Replies.Enqueue(new Reply(ReplyKind.Bind, portal, Undo: () => Restore(portalName, before)));
    }

    /// <param name="body">The body of a Describe message.</param>
    public void Describe(ReadOnlySpan<byte> body)
    {
        ExtendedMessages.ReadTarget(body, out var kind, out var name);
        if (kind == (byte)'S' && Find(name) is { } statement)
        {
            exchange.Server.Begin(FrontendMessage.Describe).Byte(kind).CString(statement.Name).End();
            exchange.Replies.Enqueue(new Reply(ReplyKind.Describe, statement));
        }
        else if (kind == (byte)'P' && (FindPortal(name)?.ServerName ?? CursorName(name)) is { } serverName)
        {
            exchange.Server.Begin(FrontendMessage.Describe).Byte(kind).CString(serverName).End();
            exchange.Replies.Enqueue(new Reply(ReplyKind.Describe));
        }
        else
        {
            exchange.InjectError(kind == (byte)'S'
                ? ErrorFields.Error("26000", "the prepared statement does not exist, or was not prepared with a Parse message")
                : ErrorFields.Error("34000", "the portal does not exist, or was not made by a Bind message"));
        }
    }

    /// <param name="body">The body of an Execute message.</param>
    public async ValueTask ExecuteAsync(ReadOnlyMemory<byte> body)
    {
        ExtendedMessages.ReadExecute(body.Span, out var name, out var maxRows);
        if (FindPortal(name) is not { } portal)
        {
            exchange.InjectError(ErrorFields.Error("34000", "the portal does not exist, or was not made by a Bind message"));
            return;
        }

        var portalName = portal.ServerName;
        if (portal.Current is { Ended: false } running && (exchange.Suspended.Contains(running) || !portal.Statement.ChangesSomething))
        {
            // A row limit suspended it, or will: more of the same result, no new command.
            executor.Continue(running, portalName, maxRows);
            return;
        }

        var statement = portal.Statement;
        if (await admittance.IsHaltedAsync(statement.Text, statement.Form))
        {
            return;
        }

        var hold = new HoldSteps(QuiesceAsync, static () => new ValueTask<bool>(true));
        if (await admittance.AdmitAsync(statement, portal.Parameters, hold) is not { } permit)
        {
            return;
        }

        if (!await StillMeansTheSameAsync(portal, permit)
            || await executor.ExecuteAsync(permit, portal, portalName, maxRows, rowDescription: []) is not { } execution)
        {
            return;
        }

        if (statement.Form is StatementForm.Copy { Direction: CopyDirection.In })
        {
            await copy.RunAsync(execution);
        }
    }

    /// <summary>Whether what was judged is what the server would run now. If not, the permit is given back and the client told.</summary>
    private async ValueTask<bool> StillMeansTheSameAsync(Portal portal, Sessions.Permit permit)
    {
        var statement = portal.Statement;
        var end = BindEnd.Bound;
        try
        {
            if (!portal.IsFresh && statement.ChangesSomething)
            {
                end = await BoundAsync(portal);
            }

            if (end == BindEnd.Bound && statement.IsResolvedLate && statement.Form is not StatementForm.Maintain && !await desk.MeansTheSameNowAsync(statement))
            {
                end = BindEnd.Void;
            }
        }
        catch (IOException)
        {
            admittance.Abandon(permit);
            throw;
        }

        if (end == BindEnd.Bound && !exchange.Skipping)
        {
            return true;
        }

        admittance.Abandon(permit);
        if (end == BindEnd.Void)
        {
            await admittance.RefuseChangedAsync();
        }

        return false;
    }

    /// <param name="body">The body of a Close message.</param>
    public void Close(ReadOnlySpan<byte> body)
    {
        ExtendedMessages.ReadTarget(body, out var kind, out var name);
        if (kind == (byte)'P' && _portals.Remove(name, out var portal))
        {
            exchange.Server.Begin(FrontendMessage.Close).Byte(kind).CString(portal.ServerName).End();
            exchange.Replies.Enqueue(new Reply(ReplyKind.Close, Undo: () => _portals[name] = portal));
        }
        else if (kind == (byte)'S' && name.Length > 0 && names.Statements.Remove(name, out var statement))
        {
            exchange.Server.Begin(FrontendMessage.Close).Byte(kind).CString(statement.Name).End();
            exchange.Replies.Enqueue(new Reply(ReplyKind.Close, Undo: () => names.Statements[name] = statement));
        }
        else
        {
            if (kind == (byte)'S' && name.Length == 0)
            {
                names.Unnamed = null;
            }

            // Closing what does not exist is no error.
            exchange.Reply(CloseComplete);
        }
    }

    private async ValueTask<ServerStatement?> UnnamedAsync(ReadOnlyMemory<byte> text, StatementForm form, ReadOnlyMemory<byte> types)
    {
        var key = StatementCache.KeyOf(text.Span, types.Span);
        if (cache.Find(key) is { } known)
        {
            return known;
        }

        if (text.Length > StatementCache.MaxTextBytes || ServerStatement.ResolvesLate(form) || !cache.SeenBefore(key))
        {
            return await PrepareAsync(text, form, [], types);
        }

        var statement = await PrepareAsync(text, form, cache.NewName(), types);
        if (statement is not null && cache.Add(key, statement) is { } dropped && !names.Statements.ContainsValue(dropped) && dropped != names.Unnamed)
        {
            executor.CloseStatement(dropped);
        }

        return statement;
    }

    private async ValueTask<ServerStatement?> PrepareAsync(ReadOnlyMemory<byte> text, StatementForm form, byte[] serverName, ReadOnlyMemory<byte> types)
    {
        switch (await desk.PrepareAsync(text, form, serverName, types))
        {
            case Preparation.Ready ready:
                return ready.Statement;
            case Preparation.Rejected rejected:
                exchange.Reply(rejected.Error);
                return null;
            case Preparation.Refused refused:
                await admittance.RefuseAsync(refused, text.Span);
                return null;
            default:
                return null;
        }
    }

    /// <summary>The form of a Parse message's text. Several statements, or none that can be read, are left to the server to refuse.</summary>
    private static StatementForm FormOf(ReadOnlySpan<byte> text)
    {
        var ranges = new List<TextRange>(1);
        return StatementSplitter.Split(text, ranges) switch
        {
            SplitFault.None when ranges.Count == 1 && ranges[0].Start == 0 => StatementClassifier.Classify(ranges[0].Of(text)),
            SplitFault.None when ranges.Count == 0 => new StatementForm.Empty(),
            SplitFault.None when ranges.Count == 1 => StatementClassifier.Classify(text),
            _ => new StatementForm.SyntaxProbe("unreadable", "The text holds several statements, or a quote or comment that never ends."),
        };
    }

    private ServerStatement? Find(string name) => name.Length == 0 ? names.Unnamed : names.Statements.GetValueOrDefault(name);

    /// <summary>A portal ends with its transaction; a name may then stand for something else at the server.</summary>
    private Portal? FindPortal(string name) =>
        _portals.TryGetValue(name, out var portal) && (portal.Batch == exchange.Batch || !exchange.IsIdle) ? portal : null;

    private long HeldBytes()
    {
        var bytes = 0L;
        foreach (var portal in _portals.Values)
        {
            bytes += portal.Parameters.Length;
        }

        return bytes;
    }

    /// <summary>Drivers describe the cursor they have declared. A declared cursor holds nothing tagged, and a description no row.</summary>
    private byte[]? CursorName(string name) => names.HasCursor(name) ? Encoding.UTF8.GetBytes(name) : null;

    private void Map(string name, ServerStatement? statement)
    {
        if (name.Length == 0)
        {
            names.Unnamed = statement;
        }
        else if (statement is null)
        {
            names.Statements.Remove(name);
        }
        else
        {
            names.Statements[name] = statement;
        }
    }

    private void Restore(string portalName, Portal? before)
    {
        if (before is null)
        {
            _portals.Remove(portalName);
        }
        else
        {
            _portals[portalName] = before;
        }
    }

    private async ValueTask QuiesceAsync()
    {
        exchange.Server.Begin(FrontendMessage.Flush).End();
        await exchange.FlushServerAsync();
        await exchange.Replies.WhenAtMostAsync(0);
    }

    private async ValueTask<BindEnd> BoundAsync(Portal portal)
    {
        exchange.Server.Begin(FrontendMessage.Flush).End();
        await exchange.FlushServerAsync();
        return await portal.WhenBound();
    }
}
