using System.Net;
using System.Net.Security;
using System.Runtime.CompilerServices;
using System.Security.Authentication;
using System.Security.Cryptography;

namespace Sallyport.Gateway.Transport.Tls;

/// <summary>
/// TLS over another wire. SslStream's own continuations need no context; whoever awaits this wire continues on the session's.
/// </summary>
public sealed class TlsWire : Wire
{
    private readonly Wire _inner;
    private readonly SslStream _stream;

    private TlsWire(Wire inner, ReadOnlyMemory<byte> alreadyReceived)
    {
        _inner = inner;
        _stream = new SslStream(new WireStream(inner, alreadyReceived), leaveInnerStreamOpen: false);

        // A session that just ends lets the plain wire be closed below it; the native TLS state goes with it at once.
        inner.Attachment = _stream;
    }

    public override EndPoint RemoteEndPoint => _inner.RemoteEndPoint;

    public override TlsFacts? Tls => Facts;

    public override bool IsPeerGone => _inner.IsPeerGone;

    private TlsFacts? Facts { get; set; }

    /// <summary>Does the server's part of a handshake. On failure the inner wire is aborted.</summary>
    /// <param name="inner">The plain wire; it belongs to the result from now on.</param>
    /// <param name="options">Certificate and application protocols.</param>
    /// <param name="alreadyReceived">Bytes of the handshake that were received before; the memory must stay valid until the task ends.</param>
    /// <param name="cancellationToken">Ends the handshake, for a time limit.</param>
    /// <exception cref="TlsFailedException">The client does not speak TLS 1.2 or later, or refused the certificate.</exception>
    /// <exception cref="IOException">The connection failed.</exception>
    public static async ValueTask<TlsWire> AsServerAsync(
        Wire inner, TlsServerOptions options, ReadOnlyMemory<byte> alreadyReceived, CancellationToken cancellationToken)
    {
        var wire = new TlsWire(inner, alreadyReceived);
        await wire.HandshakeAsync(
            stream => stream.AuthenticateAsServerAsync(options.Authentication, CancellationToken.None),
            () => "The TLS handshake of the client failed.",
            cancellationToken);
        wire.Facts = wire.Negotiated(options.EndPointBinding) with { ClientCertificate = wire._stream.RemoteCertificate?.GetRawCertData() };
        return wire;
    }

    /// <summary>Does the client's part of a handshake. On failure the inner wire is aborted.</summary>
    /// <param name="inner">The plain wire; it belongs to the result from now on.</param>
    /// <param name="options">What is demanded of the server's certificate.</param>
    /// <param name="cancellationToken">Ends the handshake, for a time limit.</param>
    /// <exception cref="TlsFailedException">The server's certificate was refused, or no common version or cipher exists.</exception>
    /// <exception cref="IOException">The connection failed.</exception>
    public static async ValueTask<TlsWire> AsClientAsync(Wire inner, TlsClientOptions options, CancellationToken cancellationToken)
    {
        var wire = new TlsWire(inner, default);
        var verdict = new CertificateVerdict();
        await wire.HandshakeAsync(
            stream => stream.AuthenticateAsClientAsync(options.ForOneHandshake(verdict), CancellationToken.None),
            () => verdict.Refusal ?? "The TLS handshake with the server failed.",
            cancellationToken);
        wire.Facts = wire.Negotiated(verdict.EndPointBinding);
        return wire;
    }

    public override ValueTask WaitReadableAsync()
    {
        // A read of nothing completes when decrypted bytes (or the end) are there, and holds no buffer meanwhile.
        var read = Guarded(static (stream, _) => stream.ReadAsync(Memory<byte>.Empty), default);
        return read.IsCompletedSuccessfully ? ValueTask.CompletedTask : WaitAsync(read);
    }

    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        if (buffer.IsEmpty)
        {
            throw new ArgumentException("A receive needs room for at least one byte.", nameof(buffer));
        }

        return Guarded(static (stream, memory) => stream.ReadAsync(memory), buffer);
    }

    public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            var write = _stream.WriteAsync(bytes);
            return write.IsCompletedSuccessfully ? write : TranslateAsync(write);
        }
        catch (ObjectDisposedException exception)
        {
            return ValueTask.FromException(Aborted(exception));
        }
    }

    public override async ValueTask CloseSendAsync()
    {
        try
        {
            await _stream.ShutdownAsync();
        }
        catch (Exception exception) when (exception is ObjectDisposedException or InvalidOperationException)
        {
            throw Aborted(exception);
        }

        await _inner.CloseSendAsync();
    }

    public override void Abort()
    {
        _inner.Abort();
        _stream.Dispose();
    }

    private static IOException Aborted(Exception cause) => new("The connection was aborted.", cause);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private static async ValueTask WaitAsync(ValueTask<int> read) => await read.ConfigureAwait(false);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private static async ValueTask TranslateAsync(ValueTask write)
    {
        try
        {
            await write.ConfigureAwait(false);
        }
        catch (ObjectDisposedException exception)
        {
            throw Aborted(exception);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<int> TranslateAsync(ValueTask<int> read)
    {
        try
        {
            return await read.ConfigureAwait(false);
        }
        catch (ObjectDisposedException exception)
        {
            throw Aborted(exception);
        }
    }

    private ValueTask<int> Guarded(Func<SslStream, Memory<byte>, ValueTask<int>> operation, Memory<byte> buffer)
    {
        try
        {
            var read = operation(_stream, buffer);
            return read.IsCompletedSuccessfully ? read : TranslateAsync(read);
        }
        catch (ObjectDisposedException exception)
        {
            return ValueTask.FromException<int>(Aborted(exception));
        }
    }

    private async Task HandshakeAsync(Func<SslStream, Task> handshake, Func<string> failure, CancellationToken cancellationToken)
    {
        // SslStream's own cancellation would leave the wire in the middle of a record; aborting ends it for certain.
        await using var limit = cancellationToken.UnsafeRegister(static wire => ((Wire)wire!).Abort(), _inner);
        try
        {
            await handshake(_stream);
        }
        catch (Exception exception)
        {
            Abort();
            cancellationToken.ThrowIfCancellationRequested();
            throw exception switch
            {
                AuthenticationException or CryptographicException => new TlsFailedException(failure(), exception),
                _ => new IOException("The connection ended during the TLS handshake.", exception),
            };
        }
    }

    private TlsFacts Negotiated(byte[]? endPointBinding)
    {
        var protocol = _stream.SslProtocol switch
        {
            SslProtocols.Tls12 => "TLSv1.2",
            SslProtocols.Tls13 => "TLSv1.3",
            var other => other.ToString(),
        };
        var application = _stream.NegotiatedApplicationProtocol.Protocol.IsEmpty ? null : _stream.NegotiatedApplicationProtocol.ToString();
        return new TlsFacts(protocol, _stream.NegotiatedCipherSuite.ToString(), application, endPointBinding);
    }
}
