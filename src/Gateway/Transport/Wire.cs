using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;

namespace Sallyport.Gateway.Transport;

/// <summary>
/// One byte stream to a peer, plain or TLS. At most one receive and one send may be pending at a time.
/// Continuations return to the session's context, so code of one session never runs in two places at once.
/// </summary>
public abstract class Wire : IDisposable
{
    public abstract EndPoint RemoteEndPoint { get; }

    /// <summary>The TLS facts of this wire, or null when it is plain.</summary>
    public virtual TlsFacts? Tls => null;

    /// <summary>Whether the peer has closed its side or the connection failed, even while unread bytes wait (poll with POLLRDHUP). Never blocks.</summary>
    public abstract bool IsPeerGone { get; }

    /// <summary>Completes when bytes (or the end, or a failure) can be received without waiting, so that idle sessions hold no buffer.</summary>
    public abstract ValueTask WaitReadableAsync();

    /// <summary>Receives at least one byte; 0 means that the peer has closed. Throws <see cref="IOException"/> when the connection failed or was aborted.</summary>
    public abstract ValueTask<int> ReceiveAsync(Memory<byte> buffer);

    /// <summary>Completes when all bytes were accepted by the transport. Throws <see cref="IOException"/> when the connection failed or was aborted.</summary>
    public abstract ValueTask SendAsync(ReadOnlyMemory<byte> bytes);

    /// <summary>Tells the peer that nothing more will be sent (FIN, after close_notify under TLS); receiving goes on. Throws <see cref="IOException"/> when the connection failed or was aborted.</summary>
    public abstract ValueTask CloseSendAsync();

    /// <summary>Closes at once. A pending receive or send ends with <see cref="IOException"/>. Safe to call twice, at any time, from any thread.</summary>
    public abstract void Abort();

    /// <summary>What lives on this wire and ends with it, such as the TLS state above a plain one.</summary>
    internal IDisposable? Attachment { get; set; }

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        Abort();
        Attachment?.Dispose();
    }
}

/// <summary>What was negotiated, for the session's record.</summary>
public sealed record TlsFacts(string Protocol, string CipherSuite, string? ApplicationProtocol, byte[]? ServerEndPointBinding)
{
    /// <summary>The certificate whose key the client proved, as DER; null when it showed none. Nobody has checked who signed it.</summary>
    public byte[]? ClientCertificate { get; init; }

    /// <summary>Its SHA-256, base64url (RFC 8705 section 3.1); empty without one.</summary>
    public string ClientThumbprint => ClientCertificate is null ? "" : Base64Url.EncodeToString(SHA256.HashData(ClientCertificate));
}
