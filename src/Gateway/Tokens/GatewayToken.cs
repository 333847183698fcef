using System.Buffers;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using Sallyport.Gateway.Identity;

namespace Sallyport.Gateway.Tokens;

/// <summary>The claims of a token of the gateway (RFC 9068, <c>act</c>: RFC 8693 section 4.1, <c>cnf</c>: RFC 8705 section 3.1).</summary>
internal sealed record GatewayToken
{
    private const int IdBytes = 16;

    public required string Issuer { get; init; }

    public required string Subject { get; init; }

    public required string SubjectIssuer { get; init; }

    /// <summary>The agent that acts for the subject, or empty.</summary>
    public string Actor { get; init; } = "";

    public string ActorIssuer { get; init; } = "";

    public string ClientId { get; init; } = "";

    public ImmutableArray<string> Groups { get; init; } = [];

    public string RunId { get; init; } = "";

    public string Certificate { get; init; } = "";

    public required DateTimeOffset IssuedAt { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>The <c>jti</c>: unguessable and unique.</summary>
    public string Id { get; } = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdBytes));

    /// <summary>The name of the token in records.</summary>
    public string TokenId => PrincipalReader.TokenIdOf(Issuer, Id);

    /// <summary>Keeps the <c>jti</c> out of anything that prints records.</summary>
    public override string ToString() => TokenId;

    public byte[] Claims()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("iss", Issuer);
            writer.WriteString("aud", Issuer);
            writer.WriteString("sub", Subject);
            writer.WriteString(GatewayClaims.SubjectIssuer, SubjectIssuer);
            WriteUnlessEmpty(writer, "client_id", ClientId);
            WriteUnlessEmpty(writer, "run_id", RunId);
            WriteActor(writer);
            writer.WriteStartArray("groups");
            foreach (var group in Groups)
            {
                writer.WriteStringValue(group);
            }
            writer.WriteEndArray();
            writer.WriteNumber("iat", IssuedAt.ToUnixTimeSeconds());
            writer.WriteNumber("exp", ExpiresAt.ToUnixTimeSeconds());
            writer.WriteString("jti", Id);
            WriteConfirmation(writer);
            writer.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }

    private void WriteActor(Utf8JsonWriter writer)
    {
        if (Actor.Length > 0)
        {
            writer.WriteStartObject("act");
            writer.WriteString("sub", Actor);
            writer.WriteString("iss", ActorIssuer);
            writer.WriteEndObject();
        }
    }

    private void WriteConfirmation(Utf8JsonWriter writer)
    {
        if (Certificate.Length > 0)
        {
            writer.WriteStartObject("cnf");
            writer.WriteString("x5t#S256", Certificate);
            writer.WriteEndObject();
        }
    }

    private static void WriteUnlessEmpty(Utf8JsonWriter writer, string name, string value)
    {
        if (value.Length > 0)
        {
            writer.WriteString(name, value);
        }
    }
}
