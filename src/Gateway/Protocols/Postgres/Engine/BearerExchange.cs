using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Sallyport.Gateway.Protocols.Postgres.Messages;
using Sallyport.Gateway.Transport;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>
/// SASL OAUTHBEARER (RFC 7628) as libpq 18 speaks it: the client sends its token, or nothing, to be told which issuer to get one from. That
/// connection ends then, and the client comes again.
/// </summary>
internal sealed class BearerExchange(PostgresDoor door, Wire wire, InputBuffer input)
{
    private const string Mechanism = "OAUTHBEARER";
    private const int SaslStart = 10;
    private const int SaslContinue = 11;

    /// <summary>What stands around the token: mechanism, lengths, GS2 header, host and port.</summary>
    private const int MaxFrame = 1024;

    /// <summary>RFC 7628 section 3.1: between the parts of a message, and all of the answer to an error.</summary>
    private const char Separator = '\u0001';

    private const string Scheme = "bearer ";

    /// <param name="output">What is to be sent before the question.</param>
    /// <returns>Null when there is no token: the client was told where to get one, or has closed.</returns>
    /// <exception cref="PostgresProtocolException">The client does not speak OAUTHBEARER.</exception>
    public async ValueTask<string?> RunAsync(MessageBuffer output)
    {
        output.Begin(BackendMessage.Authentication).Int32(SaslStart).CString(Mechanism).Byte(0).End();
        await wire.SendAsync(output.Written);
        output.Clear();
        if (await MessageAsync() is not { } message)
        {
            return null;
        }

        if (TokenOf(message) is { Length: > 0 } token)
        {
            return token;
        }

        await SendToIssuerAsync(output);
        return null;
    }

    private async ValueTask SendToIssuerAsync(MessageBuffer output)
    {
        if (door.OAuthIssuer is { } issuer)
        {
            output.Begin(BackendMessage.Authentication).Int32(SaslContinue).Bytes(Discovery(issuer)).End();
            await wire.SendAsync(output.Written);
            output.Clear();

            // The client's answer to an error is one byte that says nothing.
            if (await MessageAsync() is null)
            {
                return;
            }
        }

        await ClientHandshake.RefuseAsync(
            wire, "28000", "no token given: send an access token by OAUTHBEARER (oauth_issuer, oauth_client_id), or as the password with options='-c sallyport.auth=password'");
    }

    /// <summary>RFC 7628 section 3.2.2.</summary>
    private byte[] Discovery(string issuer)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("status", "invalid_token");
            writer.WriteString("openid-configuration", issuer.TrimEnd('/') + "/.well-known/openid-configuration");
            writer.WriteString("scope", door.OAuthScope);
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>One SASL message without its header; null when the client has closed.</summary>
    private async ValueTask<byte[]?> MessageAsync()
    {
        if (!await input.FillToAsync(5))
        {
            return null;
        }

        input.TryPeekHeader(out var type, out var total);
        if (type != FrontendMessage.Password || total > Math.Max(door.TokenBytes, ClientHandshake.MaxReadTokenBytes) + MaxFrame)
        {
            throw new PostgresProtocolException("the client did not answer with a SASL message of allowed length");
        }

        if (!await input.FillToAsync(total))
        {
            return null;
        }

        var message = input.Unread[5..total].ToArray();
        input.Advance(total);
        return message;
    }

    /// <summary>The token of a SASLInitialResponse; empty when the client asks for an issuer.</summary>
    private static string TokenOf(ReadOnlySpan<byte> message)
    {
        var reader = new MessageReader(message);
        if (Encoding.ASCII.GetString(reader.CString()) != Mechanism)
        {
            throw new PostgresProtocolException("the client chose a SASL mechanism that was not offered");
        }

        var rest = reader.Rest;
        if (rest.Length < sizeof(int) || BinaryPrimitives.ReadInt32BigEndian(rest) != rest.Length - sizeof(int))
        {
            throw new PostgresProtocolException("the SASL response has another length than it says");
        }

        // gs2-header, then key=value pairs, each ended by the separator, and one more at the end. No channel binding is offered.
        var parts = Encoding.UTF8.GetString(rest[sizeof(int)..]).Split(Separator);
        if (parts.Length < 4 || !(parts[0].StartsWith("n,", StringComparison.Ordinal) || parts[0].StartsWith("y,", StringComparison.Ordinal)) || parts[^1].Length > 0 || parts[^2].Length > 0)
        {
            throw new PostgresProtocolException("the SASL response is not one of OAUTHBEARER");
        }

        var pairs = parts[1..^2].Where(static part => part.StartsWith("auth=", StringComparison.Ordinal)).ToList();
        if (pairs is not [{ } pair])
        {
            throw new PostgresProtocolException("the SASL response does not have one auth value");
        }

        var value = pair["auth=".Length..];
        return value.Length == 0 ? ""
            : value.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? value[Scheme.Length..].Trim()
            : throw new PostgresProtocolException("the SASL response holds no bearer token");
    }
}
