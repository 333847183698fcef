namespace Sallyport.Gateway.Protocols.Postgres.Sql.Statements;

/// <summary>The <c>(name = value, ...)</c> lists of tables, views and indexes.</summary>
internal static class StorageOptions
{
    /// <summary>Takes a list of names with constants.</summary>
    public static bool Take(ref SqlReader reader)
    {
        if (!reader.TakeSymbol('('))
        {
            return false;
        }

        do
        {
            if (!reader.TakeRelation(out _))
            {
                return false;
            }

            var hasValue = reader.TakeOperator('=');
            if (hasValue && !reader.TakeNumber(out _) && !reader.TakeAnyText() && !reader.TakeName(out _))
            {
                return false;
            }
        }
        while (reader.TakeSymbol(','));
        return reader.TakeSymbol(')');
    }
}
