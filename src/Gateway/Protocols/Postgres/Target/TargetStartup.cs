using System.Globalization;
using System.Text;
using Sallyport.Gateway.Protocols.Postgres.Messages;
using Sallyport.Gateway.Targets;
using Sallyport.Gateway.Transport;

namespace Sallyport.Gateway.Protocols.Postgres.Target;

/// <summary>The exchange from the StartupMessage to the first ReadyForQuery (PostgreSQL docs, "Start-up").</summary>
internal sealed class TargetStartup(Wire wire, PostgresTargetOptions options, TargetAuthentication authentication)
{
    /// <summary>Longest message a server may send before it is ready.</summary>
    private const int MaxMessageBytes = 64 * 1024;

    /// <summary>Messages a server may send before it is ready; real ones send about twenty.</summary>
    private const int MaxMessages = 1_000;

    private const int MaxParameters = 256;
    private const int MaxSecretBytes = 256;

    private readonly List<KeyValuePair<string, string>> _parameters = [];
    private BackendKey? _backendKey;

    public async Task<TargetConnection> RunAsync()
    {
        var input = new InputBuffer(wire);
        try
        {
            for (var message = 0; message < MaxMessages; message++)
            {
                var length = await NextMessageAsync(input);
                var type = input.Unread[0];
                var body = input.UnreadMemory[5..length];
                var ready = await TakeAsync(type, body);
                input.Advance(length);
                if (ready)
                {
                    return Connected(input);
                }
            }

            throw new PostgresProtocolException($"more than {MaxMessages} messages before ReadyForQuery");
        }
        finally
        {
            input.Release();
        }
    }

    /// <summary>Waits for one whole message; returns its length, header included.</summary>
    private static async ValueTask<int> NextMessageAsync(InputBuffer input)
    {
        byte type;
        int totalBytes;
        while (!input.TryPeekHeader(out type, out totalBytes))
        {
            if (!await input.FillAsync())
            {
                throw new IOException("The target closed the connection during start-up.");
            }
        }

        if (totalBytes > MaxMessageBytes)
        {
            throw new PostgresProtocolException($"message '{(char)type}' of {totalBytes} bytes during start-up");
        }

        return await input.FillToAsync(totalBytes) ? totalBytes : throw new IOException("The target closed the connection during start-up.");
    }

    private async ValueTask<bool> TakeAsync(byte type, ReadOnlyMemory<byte> body)
    {
        switch (type)
        {
            case BackendMessage.Authentication:
                if (await authentication.AnswerAsync(body) is { } answer)
                {
                    await wire.SendAsync(answer);
                }

                return false;
            case BackendMessage.ErrorResponse:
                throw Refused(ErrorFields.SqlState(body.Span));
            case BackendMessage.NoticeResponse:
                return false;
            case BackendMessage.NegotiateProtocolVersion:
                CheckNegotiation(body.Span);
                return false;
            case BackendMessage.ParameterStatus when authentication.IsComplete:
                TakeParameter(body.Span);
                return false;
            case BackendMessage.BackendKeyData when authentication.IsComplete:
                TakeKey(body.Span);
                return false;
            case BackendMessage.ReadyForQuery when authentication.IsComplete && body.Length == 1 && body.Span[0] == (byte)'I':
                return true;
            default:
                throw new PostgresProtocolException($"unexpected message '{(char)type}' during start-up");
        }
    }

    /// <summary>
    /// A server answers so when it knows neither the minor version nor some protocol options that were asked for. We ask for
    /// 3.0 and no option, so it can only repeat that.
    /// </summary>
    private static void CheckNegotiation(ReadOnlySpan<byte> body)
    {
        var reader = new MessageReader(body);
        var minor = reader.Int32() & 0xffff;
        var unknownOptions = reader.Int32();
        if (minor != 0 || unknownOptions != 0)
        {
            throw new PostgresProtocolException("the server negotiates something that was not asked for");
        }
    }

    private void TakeParameter(ReadOnlySpan<byte> body)
    {
        var reader = new MessageReader(body);
        var parameter = KeyValuePair.Create(Encoding.UTF8.GetString(reader.CString()), Encoding.UTF8.GetString(reader.CString()));
        var known = _parameters.FindIndex(item => string.Equals(item.Key, parameter.Key, StringComparison.Ordinal));
        if (known >= 0)
        {
            _parameters[known] = parameter;
            return;
        }

        if (_parameters.Count == MaxParameters)
        {
            throw new PostgresProtocolException($"more than {MaxParameters} parameters during start-up");
        }

        _parameters.Add(parameter);
    }

    private void TakeKey(ReadOnlySpan<byte> body)
    {
        var reader = new MessageReader(body);
        var processId = reader.Int32();
        if (reader.Rest.Length is 0 or > MaxSecretBytes)
        {
            throw new PostgresProtocolException("the cancel key has an impossible length");
        }

        _backendKey = new BackendKey(processId, reader.Rest.ToArray());
    }

    private TargetConnection Connected(InputBuffer input)
    {
        var version = _parameters.Find(item => item.Key == "server_version").Value ?? "";
        var digits = version.AsSpan(0, version.AsSpan().IndexOfAnyExceptInRange('0', '9') is >= 0 and var end ? end : version.Length);
        if (!int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var major))
        {
            throw new PostgresProtocolException("the server did not say its version");
        }

        return new TargetConnection
        {
            Wire = wire,
            BackendKey = _backendKey,
            Parameters = _parameters,
            ServerVersion = major,
            Unread = input.Unread.ToArray(),
        };
    }

    /// <summary>The server's text may hold data and comes from outside, so only the SQLSTATE is told.</summary>
    private TargetUnavailableException Refused(string sqlState)
    {
        var known = sqlState.Length == 5 && sqlState.All(char.IsAsciiLetterOrDigit) ? sqlState : "XX000";
        return known switch
        {
            "28P01" or "28000" => new(TargetFailure.Authentication, $"The target {options.Name} refused the gateway's credential.", known),
            "3D000" => new(TargetFailure.Refused, $"The database of the target {options.Name} does not exist.", known),
            "53300" => new(TargetFailure.Refused, $"The target {options.Name} has no connection left.", known),
            "57P01" or "57P02" or "57P03" => new(TargetFailure.Refused, $"The target {options.Name} is starting up or shutting down.", known),
            _ => new(TargetFailure.Refused, $"The target {options.Name} refused the connection (SQLSTATE {known}).", known),
        };
    }
}
