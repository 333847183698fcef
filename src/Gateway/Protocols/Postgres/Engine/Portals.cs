namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>The client's portals by the client's names. A portal ends with its transaction.</summary>
internal sealed class Portals(Exchange exchange)
{
    /// <summary>Most portals a client may have at one time.</summary>
    public const int MaxNames = 2000;

    /// <summary>Most bytes of parameters of open portals one session may hold.</summary>
    public const int MaxHeldBytes = 32 * 1024 * 1024;

    private readonly Dictionary<string, Portal> _portals = new(StringComparer.Ordinal);
    private long _heldBytes;
    private long _nextName;

    /// <summary>A server-side name never used before in this session; the unnamed portal keeps its own.</summary>
    public byte[] NewServerName(string name) => name.Length == 0 ? [] : System.Text.Encoding.ASCII.GetBytes($"sallyport_p{++_nextName}");

    /// <summary>Whether one more portal with so many bytes of parameters fits.</summary>
    public bool HasRoomFor(int parameterBytes)
    {
        if (exchange.IsIdle)
        {
            _portals.Clear();
            _heldBytes = 0;
        }

        return _portals.Count < MaxNames && _heldBytes + parameterBytes <= MaxHeldBytes;
    }

    /// <summary>The portal of that name, if its transaction is still the one that is open.</summary>
    public Portal? Find(string name) =>
        _portals.TryGetValue(name, out var portal) && (portal.Batch == exchange.Batch || !exchange.IsIdle) ? portal : null;

    /// <summary>Puts a portal in the place of the one that had its name.</summary>
    /// <returns>That one, for <see cref="Restore"/>.</returns>
    public Portal? Put(string name, Portal portal)
    {
        var before = Take(name);
        _portals[name] = portal;
        _heldBytes += portal.Parameters.Length;
        return before;
    }

    /// <summary>Takes a portal away.</summary>
    public Portal? Take(string name)
    {
        if (!_portals.Remove(name, out var portal))
        {
            return null;
        }

        _heldBytes -= portal.Parameters.Length;
        return portal;
    }

    /// <summary>The server skipped what had put or taken a portal.</summary>
    public void Restore(string name, Portal? before)
    {
        Take(name);
        if (before is not null)
        {
            Put(name, before);
        }
    }
}
