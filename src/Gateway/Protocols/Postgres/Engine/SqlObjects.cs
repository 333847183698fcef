using System.Text;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>
/// What messages may name although SQL made it: Bind a statement of PREPARE, Execute a cursor of DECLARE. Whoever asks waits until nothing is
/// under way that could give the name to something else.
/// </summary>
internal sealed class SqlObjects(Exchange exchange, StatementDesk desk, Admittance admittance, Executor executor)
{
    public async ValueTask<bool> HasStatementAsync(string name)
    {
        await exchange.SettleNamesAsync();
        return exchange.Names.Prepared(name) is not null;
    }

    public async ValueTask<bool> HasCursorAsync(string name)
    {
        await exchange.SettleNamesAsync();
        return exchange.Names.Cursors.Find(name) is not null;
    }

    /// <summary>The statement of PREPARE with that name, judged as an EXECUTE of it would be now. Null when it was refused and the client has been told.</summary>
    public async ValueTask<ServerStatement?> StatementAsync(string name)
    {
        switch (await desk.PrepareBoundAsync(name))
        {
            case Preparation.Ready ready:
                return ready.Statement;
            case Preparation.Rejected rejected:
                exchange.Reply(rejected.Error);
                return null;
            case Preparation.Refused refused:
                await admittance.RefuseAsync(refused, Encoding.UTF8.GetBytes(name));
                return null;
            default:
                return null;
        }
    }

    /// <summary>The cursor with that name, as a portal: an Execute of it is a FETCH whose rows come as text. Null when there is none.</summary>
    public Portal? Cursor(string name)
    {
        if (exchange.Names.Cursors.Find(name) is not { } cursor || desk.FetchOf(cursor) is not { } statement)
        {
            return null;
        }

        return new Portal
        {
            Statement = statement,
            Plan = executor.PlanOf(statement, []),
            ServerName = Encoding.UTF8.GetBytes(name),
            Batch = exchange.Batch,
            IsFresh = true,
        };
    }
}
