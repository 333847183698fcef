using System.Net;

namespace Sallyport.Gateway.Transport;

/// <summary>A listening socket. Disposing it stops accepting; connections already accepted go on.</summary>
public interface IListener : IDisposable
{
    /// <summary>The address that is bound, with the real port when port 0 was asked for.</summary>
    IPEndPoint LocalEndPoint { get; }
}
