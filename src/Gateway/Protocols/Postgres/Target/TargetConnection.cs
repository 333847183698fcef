using Sallyport.Gateway.Transport;

namespace Sallyport.Gateway.Protocols.Postgres.Target;

/// <summary>An authenticated connection to a PostgreSQL target, just after its first ReadyForQuery.</summary>
public sealed class TargetConnection : IDisposable
{
    public required Wire Wire { get; init; }

    /// <summary>What a CancelRequest for this connection must carry, or null when the server sent no key.</summary>
    public required BackendKey? BackendKey { get; init; }

    /// <summary>The ParameterStatus values, in the order they first came.</summary>
    public required IReadOnlyList<KeyValuePair<string, string>> Parameters { get; init; }

    /// <summary>Major version, such as 15.</summary>
    public required int ServerVersion { get; init; }

    /// <summary>Protocol minor version in force: 0.</summary>
    public int ProtocolMinor { get; init; }

    /// <summary>Bytes that came behind ReadyForQuery and belong to the session.</summary>
    public ReadOnlyMemory<byte> Unread { get; init; }

    public void Dispose() => Wire.Dispose();
}

/// <summary>Process id and secret of a server process (BackendKeyData).</summary>
/// <param name="Secret">4 bytes in protocol 3.0, up to 256 later. A credential: never logged.</param>
public sealed record BackendKey(int ProcessId, ReadOnlyMemory<byte> Secret)
{
    public override string ToString() => $"BackendKey {{ ProcessId = {ProcessId} }}";
}
