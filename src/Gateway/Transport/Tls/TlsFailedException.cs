namespace Sallyport.Gateway.Transport.Tls;

/// <summary>The TLS handshake failed. The message is one sentence without anything the peer sent.</summary>
public sealed class TlsFailedException(string message, Exception? cause = null) : IOException(message, cause);
