namespace Sallyport.Gateway.Transport.Epoll;

/// <summary>
/// Maps the 64 bits that epoll carries to handles. The upper half counts how often a place was used, so that an event which
/// was fetched before its descriptor was closed never reaches the next owner of the place.
/// </summary>
internal sealed class HandleTable
{
    private (IEpollHandle? Handle, uint Generation)[] _places = new (IEpollHandle?, uint)[64];
    private readonly Stack<uint> _free = new();
    private uint _used;

    public int Count { get; private set; }

    public ulong Add(IEpollHandle handle)
    {
        if (!_free.TryPop(out var place))
        {
            place = _used++;
            if (place == _places.Length)
            {
                Array.Resize(ref _places, _places.Length * 2);
            }
        }

        _places[place].Handle = handle;
        Count++;
        return ((ulong)_places[place].Generation << 32) | place;
    }

    public void Remove(ulong id)
    {
        var place = (uint)id;
        if (Find(id) is null)
        {
            return;
        }

        _places[place] = (null, _places[place].Generation + 1);
        _free.Push(place);
        Count--;
    }

    public IEpollHandle? Find(ulong id)
    {
        var place = (uint)id;
        return place < _places.Length && _places[place].Generation == (uint)(id >> 32) ? _places[place].Handle : null;
    }

    public IEpollHandle[] All() => [.. _places.Select(place => place.Handle).OfType<IEpollHandle>()];
}
