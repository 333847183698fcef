namespace Sallyport.Gateway.Protocols.Postgres.Messages;

/// <summary>A peer broke the protocol; its connection is lost. The message holds no payload bytes.</summary>
public sealed class PostgresProtocolException(string message) : IOException(message);
