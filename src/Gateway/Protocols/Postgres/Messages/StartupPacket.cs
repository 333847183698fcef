using System.Buffers.Binary;
using System.Text;

namespace Sallyport.Gateway.Protocols.Postgres.Messages;

/// <summary>The first, untyped packet of a connection.</summary>
internal abstract record StartupPacket
{
    /// <summary>Longest start-up packet PostgreSQL accepts (MAX_STARTUP_PACKET_LENGTH).</summary>
    public const int MaxBytes = 10_000;

    private const int SslRequestCode = 80877103;
    private const int GssEncRequestCode = 80877104;
    private const int CancelRequestCode = 80877102;

    private StartupPacket()
    {
    }

    public sealed record SslRequest : StartupPacket;

    public sealed record GssEncRequest : StartupPacket;

    public sealed record Cancel(int ProcessId, byte[] Secret) : StartupPacket;

    /// <param name="Major">Protocol major version.</param>
    /// <param name="Minor">Protocol minor version.</param>
    /// <param name="Parameters">Names and values in the client's order.</param>
    public sealed record Startup(int Major, int Minor, IReadOnlyList<KeyValuePair<string, string>> Parameters) : StartupPacket
    {
        public string Get(string name) => Parameters.FirstOrDefault(p => string.Equals(p.Key, name, StringComparison.Ordinal)).Value ?? "";
    }

    /// <summary>Reads a packet without its length field.</summary>
    /// <exception cref="PostgresProtocolException">The packet is malformed.</exception>
    public static StartupPacket Read(ReadOnlySpan<byte> body)
    {
        if (body.Length < 4)
        {
            throw new PostgresProtocolException("the start-up packet is too short");
        }

        var code = BinaryPrimitives.ReadInt32BigEndian(body);
        switch (code)
        {
            case SslRequestCode when body.Length == 4:
                return new SslRequest();
            case GssEncRequestCode when body.Length == 4:
                return new GssEncRequest();
            case CancelRequestCode when body.Length is >= 12 and <= 264:
                return new Cancel(BinaryPrimitives.ReadInt32BigEndian(body[4..]), body[8..].ToArray());
            case SslRequestCode or GssEncRequestCode or CancelRequestCode:
                throw new PostgresProtocolException("a request packet has the wrong length");
            default:
                return new Startup(code >> 16, code & 0xffff, ReadParameters(body[4..]));
        }
    }

    private static List<KeyValuePair<string, string>> ReadParameters(ReadOnlySpan<byte> body)
    {
        const int MaxParameters = 64;
        var strict = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
        var parameters = new List<KeyValuePair<string, string>>();
        var reader = new MessageReader(body);
        try
        {
            while (true)
            {
                var name = reader.CString();
                if (name.IsEmpty)
                {
                    break;
                }

                if (parameters.Count == MaxParameters)
                {
                    throw new PostgresProtocolException($"more than {MaxParameters} start-up parameters");
                }

                parameters.Add(new(strict.GetString(name), strict.GetString(reader.CString())));
            }
        }
        catch (DecoderFallbackException)
        {
            throw new PostgresProtocolException("a start-up parameter is not UTF-8");
        }

        return reader.Rest.IsEmpty ? parameters : throw new PostgresProtocolException("bytes follow the start-up parameters");
    }
}
