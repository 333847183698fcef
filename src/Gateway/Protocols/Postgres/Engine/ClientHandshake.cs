using System.Buffers.Binary;
using System.Net;
using System.Text;
using Sallyport.Gateway.Protocols.Postgres.Messages;
using Sallyport.Gateway.Transport;
using Sallyport.Gateway.Transport.Tls;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>
/// The beginning of a client's connection: TLS by SSLRequest or at once (ALPN "postgresql"), GSS encryption declined, CancelRequest taken,
/// StartupMessage read, the token asked for and received. Nothing is believed yet.
/// </summary>
internal sealed class ClientHandshake(PostgresDoor door)
{
    private const byte TlsHandshakeRecord = 0x16;

    /// <summary>Encryption requests before the StartupMessage: one of each kind.</summary>
    private const int MaxRequests = 2;

    /// <summary>A token up to this length is read even where it is too long to be taken, so that the client is told why and the refusal is recorded.</summary>
    public const int MaxReadTokenBytes = 64 * 1024;

    /// <returns>Null when the connection is done with: cancelled something, was refused, or closed.</returns>
    public async ValueTask<ClientStart?> RunAsync(Wire wire, CancellationToken cancellationToken)
    {
        var input = new InputBuffer(wire);
        for (var requests = 0; ; requests++)
        {
            if (!await input.FillToAsync(1))
            {
                return null;
            }

            if (input.Unread[0] == TlsHandshakeRecord && wire.Tls is null && requests == 0)
            {
                wire = await DirectTlsAsync(wire, input, cancellationToken);
                input = new InputBuffer(wire);
                continue;
            }

            switch (await PacketAsync(input))
            {
                case null:
                    return null;
                case StartupPacket.Cancel cancel:
                    door.CancelKeys.Present(cancel.ProcessId, cancel.Secret);
                    return null;
                case StartupPacket.GssEncRequest when requests < MaxRequests:
                    await wire.SendAsync("N"u8.ToArray());
                    break;
                case StartupPacket.SslRequest when requests < MaxRequests && wire.Tls is null:
                    wire = await RequestedTlsAsync(wire, input, cancellationToken);
                    input = wire.Tls is null ? input : new InputBuffer(wire);
                    break;
                case StartupPacket.Startup startup:
                    return await TokenAsync(wire, input, startup);
                default:
                    throw new PostgresProtocolException("too many encryption requests");
            }
        }
    }

    /// <summary>Tells the client why its connection ends.</summary>
    public static async ValueTask RefuseAsync(Wire wire, string sqlState, string message, string hint = "") =>
        await wire.SendAsync(ErrorFields.Error(sqlState, message, hint: hint, severity: "FATAL"));

    private static async ValueTask<StartupPacket?> PacketAsync(InputBuffer input)
    {
        if (!await input.FillToAsync(4))
        {
            return null;
        }

        var length = BinaryPrimitives.ReadInt32BigEndian(input.Unread);
        if (length is < 8 or > StartupPacket.MaxBytes)
        {
            throw new PostgresProtocolException("the start-up packet has an impossible length");
        }

        if (!await input.FillToAsync(length))
        {
            return null;
        }

        var packet = StartupPacket.Read(input.Unread[4..length]);
        input.Advance(length);
        return packet;
    }

    private async ValueTask<Wire> DirectTlsAsync(Wire wire, InputBuffer input, CancellationToken cancellationToken)
    {
        if (door.Tls is not { } options)
        {
            throw new PostgresProtocolException("a client began TLS at once, and this door has no certificate");
        }

        var tls = await TlsWire.AsServerAsync(wire, options, input.Unread.ToArray(), cancellationToken);
        input.Release();
        return tls.Tls?.ApplicationProtocol == "postgresql"
            ? tls
            : throw new PostgresProtocolException("a client began TLS at once without the application protocol postgresql");
    }

    private async ValueTask<Wire> RequestedTlsAsync(Wire wire, InputBuffer input, CancellationToken cancellationToken)
    {
        if (input.Length > 0)
        {
            // Bytes sent before TLS would be read as if they had come inside it (CVE-2021-23214).
            throw new PostgresProtocolException("a client sent bytes between its encryption request and TLS");
        }

        if (door.Tls is not { } options)
        {
            await wire.SendAsync("N"u8.ToArray());
            return wire;
        }

        await wire.SendAsync("S"u8.ToArray());
        return await TlsWire.AsServerAsync(wire, options, ReadOnlyMemory<byte>.Empty, cancellationToken);
    }

    private async ValueTask<ClientStart?> TokenAsync(Wire wire, InputBuffer input, StartupPacket.Startup startup)
    {
        if (startup.Major != 3)
        {
            await RefuseAsync(wire, "0A000", "the gateway speaks version 3 of the PostgreSQL protocol; use a newer client");
            return null;
        }

        if (wire.Tls is null && !(door.InsecureLoopback && IsLoopback(wire.RemoteEndPoint)))
        {
            await RefuseAsync(wire, "28000", "the gateway takes tokens inside TLS only; connect with sslmode=require");
            return null;
        }

        if (SignInHint.Read(startup, door.PrefersOAuth) is not { } method)
        {
            await RefuseAsync(wire, "22023", $"{SignInHint.Setting} is password, oauth or certificate; leave it out, or write one of these into the options of the connection");
            return null;
        }

        var output = new MessageBuffer();
        Negotiate(startup, output);
        if (method == SignInMethod.Certificate)
        {
            await wire.SendAsync(output.Written);
            return new ClientStart(wire, input, startup, Token: "") { UsesCertificate = true };
        }

        if (method == SignInMethod.OAuth)
        {
            return await new BearerExchange(door, wire, input).RunAsync(output) is { } bearer ? new ClientStart(wire, input, startup, bearer) : null;
        }

        output.Begin(BackendMessage.Authentication).Int32(3).End();
        await wire.SendAsync(output.Written);
        output.Clear();
        return await PasswordAsync(input) is { } token ? new ClientStart(wire, input, startup, token) : null;
    }

    /// <summary>A newer minor version, or protocol options, are answered with what is spoken here: 3.0 and none.</summary>
    private static void Negotiate(StartupPacket.Startup startup, MessageBuffer output)
    {
        var unknown = startup.Parameters.Where(static p => p.Key.StartsWith("_pq_.", StringComparison.Ordinal)).ToList();
        if (startup.Minor == 0 && unknown.Count == 0)
        {
            return;
        }

        output.Begin(BackendMessage.NegotiateProtocolVersion).Int32(3 << 16).Int32(unknown.Count);
        foreach (var option in unknown)
        {
            output.CString(option.Key);
        }

        output.End();
    }

    private async ValueTask<string?> PasswordAsync(InputBuffer input)
    {
        if (!await input.FillToAsync(5))
        {
            return null;
        }

        input.TryPeekHeader(out var type, out var total);
        if (type != FrontendMessage.Password || total > Math.Max(door.TokenBytes, MaxReadTokenBytes) + 16)
        {
            throw new PostgresProtocolException("the client did not answer with a password message of allowed length");
        }

        if (!await input.FillToAsync(total))
        {
            return null;
        }

        var reader = new MessageReader(input.Unread[5..total]);
        var token = Encoding.UTF8.GetString(reader.CString());
        input.Advance(total);
        return token;
    }

    private static bool IsLoopback(EndPoint endPoint) => endPoint is IPEndPoint { Address: var address } && IPAddress.IsLoopback(address);
}

/// <summary>A client that has sent what it proves itself with.</summary>
internal sealed record ClientStart(Wire Wire, InputBuffer Input, StartupPacket.Startup Startup, string Token)
{
    /// <summary>How the client speaks to the gateway, as the session's record names it.</summary>
    public string Protocol { get; init; } = "postgres";

    /// <summary>Whether the certificate of the TLS handshake stands for the token.</summary>
    public bool UsesCertificate { get; init; }

    /// <summary>Told what happens to commands; only for clients inside this process.</summary>
    public ICommandObserver? Observer { get; init; }
}
