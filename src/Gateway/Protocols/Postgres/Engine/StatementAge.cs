using Sallyport.Gateway.Protocols.Postgres.Analysis.Catalog;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>When a statement was understood, and when it was last prepared or bound.</summary>
internal sealed class StatementAge(CatalogStamp understoodAt, long transaction)
{
    /// <summary>The catalogue's state its meaning was found in.</summary>
    public CatalogStamp UnderstoodAt { get; set; } = understoodAt;

    /// <summary>The <see cref="Exchange.Transaction"/> of its last use.</summary>
    public long UsedIn { get; set; } = transaction;

    /// <summary>The time of its last use, in ticks of the clock.</summary>
    public long UsedAt { get; set; } = understoodAt.At;
}
