namespace Sallyport.Gateway.Exports;

/// <summary>Keeps over restarts how far each export is.</summary>
public interface IExportStore
{
    /// <summary>Index of the record an export sends next, or null for one that is new.</summary>
    /// <param name="name">The export.</param>
    /// <param name="origin">The ledger it reads.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<long?> FindAsync(string name, string origin, CancellationToken cancellationToken);

    /// <summary>Durable on return.</summary>
    Task SaveAsync(string name, string origin, long next, CancellationToken cancellationToken);
}
