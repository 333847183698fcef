namespace Sallyport.Gateway.Protocols.Postgres.Sql.Statements;

/// <summary>LISTEN, UNLISTEN and NOTIFY. The reader stands behind the first word.</summary>
internal static class NotifyStatements
{
    public static StatementForm? Listen(ref SqlReader reader) =>
        reader.TakeName(out var channel) && reader.AtEnd ? new StatementForm.Listen(channel) : null;

    public static StatementForm? Unlisten(ref SqlReader reader)
    {
        if (reader.TakeOperator('*'))
        {
            return reader.AtEnd ? new StatementForm.Unlisten(null) : null;
        }

        return reader.TakeName(out var channel) && reader.AtEnd ? new StatementForm.Unlisten(channel) : null;
    }

    public static StatementForm? Notify(ref SqlReader reader)
    {
        if (!reader.TakeName(out var channel))
        {
            return null;
        }

        var payload = "";
        if (reader.TakeSymbol(',') && !reader.TakeText(out payload))
        {
            return null;
        }

        return reader.AtEnd ? new StatementForm.Notify(channel, payload) : null;
    }
}
