using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;

namespace Sallyport.Gateway.Identity;

/// <summary>The unverified parts of a compact JWS (RFC 7515 section 7.1): enough to find the key. Nothing of it may be trusted or shown.</summary>
internal sealed class TokenParts : IDisposable
{
    private const int MaxJsonDepth = 16;

    /// <summary>RFC 7515 section 2: base64url without padding, and the dots between the parts.</summary>
    private static readonly SearchValues<char> TokenCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.");

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = MaxJsonDepth, AllowDuplicateProperties = false };

    private readonly JsonDocument _header;
    private readonly JsonDocument _payload;

    private TokenParts(JsonDocument header, JsonDocument payload)
    {
        _header = header;
        _payload = payload;
    }

    public JsonElement Header => _header.RootElement;

    /// <summary>The claims. Only to be believed once the signature is verified.</summary>
    public JsonElement Payload => _payload.RootElement;

    /// <summary>Reads a token of three base64url parts with JSON objects in the first two; null for anything else.</summary>
    public static TokenParts? Read(string token)
    {
        if (token.AsSpan().ContainsAnyExcept(TokenCharacters))
        {
            return null;
        }
        var first = token.IndexOf('.', StringComparison.Ordinal);
        var second = first < 0 ? -1 : token.IndexOf('.', first + 1);
        if (second < 0 || token.IndexOf('.', second + 1) >= 0 || !Base64Url.IsValid(token.AsSpan(second + 1)))
        {
            return null;
        }
        var header = ReadObject(token.AsSpan(0, first));
        if (header is null)
        {
            return null;
        }
        var payload = ReadObject(token.AsSpan(first + 1, second - first - 1));
        if (payload is null)
        {
            header.Dispose();
            return null;
        }
        return new TokenParts(header, payload);
    }

    public void Dispose()
    {
        _header.Dispose();
        _payload.Dispose();
    }

    private static JsonDocument? ReadObject(ReadOnlySpan<char> part)
    {
        if (part.IsEmpty || !Base64Url.IsValid(part))
        {
            return null;
        }
        JsonDocument document;
        try
        {
            var json = Base64Url.DecodeFromChars(part);
            if (!HasReadableStrings(json))
            {
                return null;
            }
            document = JsonDocument.Parse(json, Strict);
        }
        catch (JsonException)
        {
            return null;
        }
        if (document.RootElement.ValueKind == JsonValueKind.Object)
        {
            return document;
        }
        document.Dispose();
        return null;
    }

    /// <summary>Escapes can spell half of a surrogate pair, which no string can hold; such a document is no use to anybody.</summary>
    private static bool HasReadableStrings(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxJsonDepth });
        while (reader.Read())
        {
            if (!reader.ValueIsEscaped)
            {
                continue;
            }
            try
            {
                _ = reader.GetString();
            }
            catch (InvalidOperationException)
            {
                return false;
            }
        }
        return true;
    }
}
