namespace Sallyport.Gateway.Transport;

/// <summary>What an engine has open, so that stopping it ends everything.</summary>
internal sealed class OpenWires
{
    private readonly HashSet<IDisposable> _open = new(ReferenceEqualityComparer.Instance);
    private readonly Lock _lock = new();
    private bool _closed;

    /// <summary>Remembers the resource, or closes it at once when the engine has stopped.</summary>
    public void Add(IDisposable resource)
    {
        lock (_lock)
        {
            if (!_closed)
            {
                _open.Add(resource);
                return;
            }
        }

        resource.Dispose();
    }

    public void Remove(IDisposable resource)
    {
        lock (_lock)
        {
            _open.Remove(resource);
        }
    }

    public void CloseAll()
    {
        IDisposable[] all;
        lock (_lock)
        {
            _closed = true;
            all = [.. _open];
            _open.Clear();
        }

        foreach (var resource in all)
        {
            resource.Dispose();
        }
    }
}
