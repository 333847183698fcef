using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Analysis;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>
/// Whether a statement that was judged before still means the same, as far as the schema goes. A new transaction makes the server look when it
/// takes the statement's locks, and it shows the tree again where something changed. Within a transaction it has its locks and does not look:
/// there a statement that was left alone for a while, or that calls functions of the user's own, is preceded by a look of the gateway.
/// </summary>
/// <param name="exchange">The session's conversation with the server.</param>
/// <param name="catalog">The target's facts.</param>
/// <param name="watch">Looks at the target past the session.</param>
/// <param name="shown">The tagged columns that are clear to the session's principal now.</param>
/// <param name="time">The clock.</param>
internal sealed class MeaningCheck(Exchange exchange, TargetCatalog catalog, CatalogWatch watch, Func<UnmaskedColumns> shown, TimeProvider time)
{
    /// <summary>How long after its last use in the open transaction a statement is taken without a look.</summary>
    private static readonly TimeSpan LeftAlone = TimeSpan.FromMilliseconds(20);

    /// <summary>As <see cref="LeftAlone"/>, for statements that call the user's own functions, whose bodies no lock protects: the Bind right behind its Parse.</summary>
    private static readonly TimeSpan Pipelined = TimeSpan.FromMilliseconds(1);

    /// <summary>
    /// Whether the target's columns were declared anew since the statement was judged, or one that is clear in it is masked by now: what is left of its
    /// result stays behind.
    /// </summary>
    public bool IsRedeclared(ServerStatement statement) => statement.IsRedeclared(catalog) || shown().FirstLost(statement.Command.Unmasked) is not null;

    /// <returns>False when the statement has to be prepared and judged anew.</returns>
    public async ValueTask<bool> MayStandAsync(ServerStatement statement)
    {
        if (statement.IsAnalysed && !statement.Clear.Equals(shown()))
        {
            return false;
        }

        var needsLook = NeedsLook(statement);
        statement.Age.UsedIn = exchange.Transaction;
        statement.Age.UsedAt = time.GetTimestamp();
        if (!needsLook && (statement.IsFresh(exchange) || !statement.IsOutdated(catalog)))
        {
            return true;
        }

        // If nothing has changed after all the statement stands; if something has, it is judged by facts read from now on.
        await watch.LookAsync();
        return !statement.IsOutdated(catalog);
    }

    private bool NeedsLook(ServerStatement statement)
    {
        if (statement.Age.UsedIn != exchange.Transaction || !statement.IsAnalysed)
        {
            return false;
        }

        return time.GetElapsedTime(statement.Age.UsedAt) > (statement.Command.Functions.Length > 0 ? Pipelined : LeftAlone);
    }
}
