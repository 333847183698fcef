namespace Sallyport.Server.Hosting;

/// <summary>Closes what was opened, last first.</summary>
internal sealed class DisposalStack : IAsyncDisposable
{
    private readonly Stack<object> _opened = new();

    public T Push<T>(T opened)
        where T : notnull
    {
        _opened.Push(opened);
        return opened;
    }

    public async ValueTask DisposeAsync()
    {
        while (_opened.TryPop(out var last))
        {
            switch (last)
            {
                case IAsyncDisposable asynchronous:
                    await asynchronous.DisposeAsync();
                    break;
                case IDisposable disposable:
                    disposable.Dispose();
                    break;
                default:
                    throw new InvalidOperationException($"{last.GetType().Name} cannot be disposed.");
            }
        }
    }
}
