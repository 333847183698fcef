namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Catalog;

/// <summary>Carries what is known of the columns of one target between its memory and a store. Thread-safe.</summary>
internal sealed class ColumnKeeper(string target, IKnownColumnStore store, Action<string> fault)
{
    private volatile string? _database;
    private int _isSaving;

    /// <summary>Takes in what was known of this database. Called before anything of it is analysed.</summary>
    public async Task LoadAsync(ColumnMemory memory, string database)
    {
        memory.Load(await store.LoadAsync(target, database, CancellationToken.None));
        _database = database;
    }

    /// <summary>Saves what was learned, behind the caller's back. What cannot be saved is tried again with the next.</summary>
    public void SaveSoon(ColumnMemory memory)
    {
        if (memory.HasUnsaved && _database is { } database && Interlocked.Exchange(ref _isSaving, 1) == 0)
        {
            _ = Task.Run(() => SaveAsync(memory, database));
        }
    }

    private async Task SaveAsync(ColumnMemory memory, string database)
    {
        var columns = memory.TakeUnsaved();
        try
        {
            await store.SaveAsync(target, database, columns, CancellationToken.None);
        }
        catch (Exception exception)
        {
            memory.PutBack(columns);
            fault(exception.Message);
        }
        finally
        {
            Volatile.Write(ref _isSaving, 0);
        }
    }
}
