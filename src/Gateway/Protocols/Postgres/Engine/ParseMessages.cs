using Sallyport.Gateway.Protocols.Postgres.Messages;
using Sallyport.Gateway.Protocols.Postgres.Sql;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>
/// Parse messages of the client. ParseComplete is withheld until the statement was analysed and judged. A client's name stands for a name of
/// the gateway's own at the server, so that a repeated text costs a look-up.
/// </summary>
internal sealed class ParseMessages(Exchange exchange, StatementDesk desk, StatementCache cache, SqlNames names, Admittance admittance, Executor executor)
{
    /// <summary>Most prepared statements a client may have at one time.</summary>
    public const int MaxNames = 2000;

    /// <summary>Most bytes of statement texts one session may hold.</summary>
    public const int MaxHeldBytes = 32 * 1024 * 1024;

    private static readonly byte[] ParseComplete = [BackendMessage.ParseComplete, 0, 0, 0, 4];

    /// <param name="body">The body of a Parse message.</param>
    public async ValueTask RunAsync(ReadOnlyMemory<byte> body)
    {
        ExtendedMessages.ReadParse(body, out var name, out var text, out var types);
        await exchange.SettleNamesAsync();
        if (name.Length > 0 && names.IsPrepared(name))
        {
            exchange.InjectError(ErrorFields.Error("42P05", $"prepared statement \"{name}\" already exists"));
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

    /// <summary>Prepares a text under a server-side name. Null when it was refused and the client has been told.</summary>
    public async ValueTask<ServerStatement?> PrepareAsync(ReadOnlyMemory<byte> text, StatementForm form, byte[] serverName, ReadOnlyMemory<byte> types)
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
            SplitFault.None when ranges.Count == 1 => StatementClassifier.Classify(text[..ranges[0].End]),
            SplitFault.None when ranges.Count == 0 => new StatementForm.Empty(),
            _ => new StatementForm.SyntaxProbe("unreadable", "The text holds several statements, or a quote or comment that never ends."),
        };
    }

    /// <summary>Lets a client's name stand for a statement; for none when it is null.</summary>
    public void Map(string name, ServerStatement? statement)
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
}
