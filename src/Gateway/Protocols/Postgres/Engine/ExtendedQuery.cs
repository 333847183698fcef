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
    ParseMessages texts,
    SqlObjects objects,
    StatementCache cache,
    SqlNames names,
    Admittance admittance,
    Executor executor,
    ParameterTokens redeem,
    MaskedWriteGuard guard,
    CopyRelay copy,
    MeaningCheck check)
{
    // What the server says of a COPY: the SELECT that runs in its place would describe its rows.
    private static readonly byte[] NoParameters = [BackendMessage.ParameterDescription, 0, 0, 0, 6, 0, 0];
    private static readonly byte[] NoData = [BackendMessage.NoData, 0, 0, 0, 4];
    private static readonly byte[] CloseComplete = [BackendMessage.CloseComplete, 0, 0, 0, 4];

    private readonly Portals _portals = new(exchange);

    /// <summary>A simple query drops the unnamed statement, as at the server.</summary>
    public void ForgetUnnamed() => names.Unnamed = null;

    /// <param name="body">The body of a Bind message.</param>
    public async ValueTask BindAsync(ReadOnlyMemory<byte> body)
    {
        var parts = BindParts.Read(body.Span);
        var portalName = Encoding.UTF8.GetString(body.Span[parts.Portal]);
        var statementName = Encoding.UTF8.GetString(body.Span[parts.Statement]);
        if (SqlNames.IsReserved(portalName))
        {
            exchange.InjectError(ErrorFields.Error("42602", "names of portals that begin with sallyport_ are the gateway's own"));
            return;
        }

        if (await StatementAsync(statementName) is not { } statement)
        {
            return;
        }

        if (statement.Form.WantsOwnTransaction && !await desk.MeansTheSameNowAsync(statement))
        {
            await admittance.RefuseChangedAsync();
            return;
        }

        if (!_portals.HasRoomFor(parts.Length(body.Span)))
        {
            exchange.InjectError(ErrorFields.Error("53400", "too many or too large open portals in one session; send Sync, or close some"));
            return;
        }

        if (statement.Copy is null && !parts.FormatsFit(statement.Fields.Length))
        {
            exchange.InjectError(ErrorFields.Error("08P01", "the bind message has another number of result formats than the statement has columns"));
            return;
        }

        if (await ParametersAsync(statement, body[parts.Parameters]) is not { } parameters)
        {
            return;
        }

        var portal = new Portal
        {
            Statement = statement,
            Plan = executor.PlanOf(statement, statement.Copy is null ? parts.ResultFormats(body.Span) : CopyFormats(statement)),
            Batch = exchange.Batch,
            ServerName = _portals.NewServerName(portalName),
            IsFresh = statement.IsFresh(exchange),
            IsOfUnnamed = statementName.Length == 0,
            Parameters = body[parts.Parameters].ToArray(),
            BindsTokens = !parameters.Equals(body[parts.Parameters]),
        };
        if (!portal.IsFresh && statement.ChangesSomething)
        {
            _ = portal.WhenBound();
        }

        var before = _portals.Put(portalName, portal);
        exchange.Server.Begin(FrontendMessage.Bind)
            .CString(portal.ServerName)
            .CString(statement.Name)
            .Bytes(parameters.Span)
            .Bytes(statement.Copy is null ? body.Span[parts.ResultsAt..] : CopyResults(statement))
            .End();
        exchange.Replies.Enqueue(new Reply(ReplyKind.Bind, portal, Undo: () => _portals.Restore(portalName, before)));
    }

    /// <summary>The parameters as the server is to have them, with stored values for tokens; null when they were refused.</summary>
    private async ValueTask<ReadOnlyMemory<byte>?> ParametersAsync(ServerStatement statement, ReadOnlyMemory<byte> parameters)
    {
        var tokens = redeem.Redeem(statement, parameters.Span);
        var kept = tokens.Parameters ?? parameters;
        var refused = tokens.Unknown is { } why
            ? new Preparation.Refused("unknown-token", $"The token given for {tokens.Column} {why}.", ParameterTokens.Remedy, "")
            : guard.IsAmong(kept.Span, statement.Command)
                ? new Preparation.Refused(MaskedWriteGuard.Refusal.Rule, MaskedWriteGuard.Refusal.Reason, MaskedWriteGuard.Refusal.Remedy, "")
                : null;
        if (refused is null)
        {
            return kept;
        }

        await admittance.RefuseAsync(refused, statement.Text);
        return null;
    }

    /// <param name="body">The body of a Describe message.</param>
    public async ValueTask DescribeAsync(ReadOnlyMemory<byte> body)
    {
        ExtendedMessages.ReadTarget(body.Span, out var kind, out var name);
        if (kind == (byte)'S')
        {
            await DescribeStatementAsync(name);
        }
        else if (_portals.Find(name) is { Statement.Copy: not null })
        {
            exchange.Reply(NoData);
        }
        else if (_portals.Find(name) is { } portal)
        {
            Describe(kind, portal.ServerName);
        }
        else if (await objects.HasCursorAsync(name))
        {
            // Drivers describe the cursor they have declared; a description holds no row.
            Describe(kind, Encoding.UTF8.GetBytes(name));
        }
        else
        {
            exchange.InjectError(NoPortal(name));
        }
    }

    private async ValueTask DescribeStatementAsync(string name)
    {
        if (Find(name) is { Copy: not null })
        {
            exchange.Reply([.. NoParameters, .. NoData]);
        }
        else if (Find(name) is { } statement)
        {
            Describe((byte)'S', statement.Name, statement);
        }
        else if (await objects.HasStatementAsync(name))
        {
            Describe((byte)'S', Encoding.UTF8.GetBytes(name));
        }
        else
        {
            exchange.InjectError(NoStatement(name));
        }
    }

    private void Describe(byte kind, byte[] serverName, ServerStatement? statement = null)
    {
        exchange.Server.Begin(FrontendMessage.Describe).Byte(kind).CString(serverName).End();
        exchange.Replies.Enqueue(new Reply(ReplyKind.Describe, statement));
    }

    /// <param name="body">The body of an Execute message.</param>
    public async ValueTask ExecuteAsync(ReadOnlyMemory<byte> body)
    {
        ExtendedMessages.ReadExecute(body.Span, out var name, out var maxRows);
        if (await PortalAsync(name) is not { } portal)
        {
            exchange.InjectError(NoPortal(name));
            return;
        }

        var portalName = portal.ServerName;
        if (check.IsRedeclared(portal.Statement))
        {
            await admittance.RefuseChangedAsync();
            return;
        }

        if (portal.Current is { Ended: false } running && (exchange.Suspended.Contains(running) || !portal.Statement.ChangesSomething))
        {
            // A row limit suspended it, or will: more of the same result, no new command. What opened it may be over by now.
            if (await admittance.IsForbiddenAsync(portal.Statement))
            {
                return;
            }

            await executor.ContinueAsync(running, portalName, maxRows);
            return;
        }

        var statement = portal.Statement;
        if (await admittance.IsHaltedAsync(statement.Text, statement.Form))
        {
            return;
        }

        var hold = new HoldSteps(exchange.QuiesceAsync, static () => new ValueTask<bool>(true)) { BindsTokens = portal.BindsTokens };
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
        var end = check.IsRedeclared(statement) ? BindEnd.Void : BindEnd.Bound;
        try
        {
            if (end == BindEnd.Bound && !portal.IsFresh && statement.ChangesSomething)
            {
                end = await BoundAsync(portal);
            }

            if (end == BindEnd.Bound && statement.IsResolvedLate && !statement.Form.WantsOwnTransaction && !statement.IsFresh(exchange) && !await desk.MeansTheSameNowAsync(statement))
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
    public async ValueTask CloseAsync(ReadOnlyMemory<byte> body)
    {
        ExtendedMessages.ReadTarget(body.Span, out var kind, out var name);
        if (kind == (byte)'P' && _portals.Take(name) is { } portal)
        {
            Close(kind, portal.ServerName, () => _portals.Restore(name, portal));
        }
        else if (kind == (byte)'S' && name.Length > 0 && names.Statements.Remove(name, out var statement))
        {
            Close(kind, statement.Name, () => names.Statements[name] = statement);
        }
        else if (name.Length > 0 && await IsSqlObjectAsync(kind, name))
        {
            // The name is given up once the server has closed the object: see the loop behind the server.
            exchange.NamesInFlux++;
            exchange.Server.Begin(FrontendMessage.Close).Byte(kind).CString(name).End();
            exchange.Replies.Enqueue(new Reply(ReplyKind.CloseNamed, new NamedClose(kind, name)));
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

    private void Close(byte kind, byte[] serverName, Action undo)
    {
        exchange.Server.Begin(FrontendMessage.Close).Byte(kind).CString(serverName).End();
        exchange.Replies.Enqueue(new Reply(ReplyKind.Close, Undo: undo));
    }

    private ValueTask<bool> IsSqlObjectAsync(byte kind, string name) => kind == (byte)'P' ? objects.HasCursorAsync(name) : objects.HasStatementAsync(name);

    /// <summary>The statement a Bind names, as it is to be bound now. Null when there is none or it may not be: the client has been told.</summary>
    private async ValueTask<ServerStatement?> StatementAsync(string name)
    {
        switch (Find(name))
        {
            case { } statement when await check.MayStandAsync(statement):
                return statement;
            case { } statement:
                return await RenewAsync(name, statement);
        }

        if (name.Length > 0 && await objects.HasStatementAsync(name))
        {
            return await objects.StatementAsync(name);
        }

        exchange.InjectError(NoStatement(name));
        return null;
    }

    /// <summary>A statement's meaning may have changed with the schema: prepared and judged anew, under another name at the server unless it has none.</summary>
    private async ValueTask<ServerStatement?> RenewAsync(string name, ServerStatement old)
    {
        if (await texts.PrepareAsync(old.Text, old.Form, name.Length > 0 ? cache.NewName() : [], old.ParameterTypes) is not { } again)
        {
            return null;
        }

        if (name.Length > 0)
        {
            executor.CloseStatement(old);
        }

        texts.Map(name, again);
        return again;
    }

    private async ValueTask<Portal?> PortalAsync(string name) =>
        _portals.Find(name) ?? (name.Length > 0 && await objects.HasCursorAsync(name) ? objects.Cursor(name) : null);

    private static byte[] NoStatement(string name) =>
        ErrorFields.Error("26000", name.Length == 0 ? "unnamed prepared statement does not exist" : $"prepared statement \"{name}\" does not exist");

    private static byte[] NoPortal(string name) => ErrorFields.Error("34000", $"portal \"{name}\" does not exist");

    /// <summary>The server ignores the result formats of a COPY; the SELECT in its place has those the copy needs.</summary>
    private static short[] CopyFormats(ServerStatement statement) => statement.IsBinary ? [1] : [];

    private static ReadOnlySpan<byte> CopyResults(ServerStatement statement) => statement.IsBinary ? [0, 1, 0, 1] : [0, 0];

    private ServerStatement? Find(string name) => name.Length == 0 ? names.Unnamed : names.Statements.GetValueOrDefault(name);

    private async ValueTask<BindEnd> BoundAsync(Portal portal)
    {
        exchange.Server.Begin(FrontendMessage.Flush).End();
        await exchange.FlushServerAsync();
        return await portal.WhenBound();
    }
}
