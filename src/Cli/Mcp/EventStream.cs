using System.Runtime.CompilerServices;
using System.Text;
using Sallyport.Api;

namespace Sallyport.Cli.Mcp;

/// <summary>The JSON-RPC messages of an HTTP answer: those of a stream of events (WHATWG HTML, "Server-sent events"), or the body itself.</summary>
internal static class EventStream
{
    private const string Data = "data:";

    public static async IAsyncEnumerable<string> MessagesAsync(HttpResponseMessage response, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var mediaType = response.Content.Headers.ContentType?.MediaType;
        if (mediaType is not ("text/event-stream" or "application/json"))
        {
            yield break;
        }

        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken), Encoding.UTF8);
        var lines = new LineReader(reader, ApiLimits.MaxResponseBytes);
        var message = new StringBuilder();
        while (await lines.ReadAsync(cancellationToken) is { } line)
        {
            if (mediaType == "application/json")
            {
                Append(message, line);
            }
            else if (line.StartsWith(Data, StringComparison.Ordinal))
            {
                Append(message, line.AsSpan(Data.Length).TrimStart(' '));
            }
            else if (line.Length == 0 && message.Length > 0)
            {
                yield return message.ToString();
                message.Clear();
            }
        }

        // An event without its empty line is cut off, and not one; a body ends where it ends.
        if (message.Length > 0 && mediaType == "application/json")
        {
            yield return message.ToString();
        }
    }

    private static void Append(StringBuilder message, ReadOnlySpan<char> line)
    {
        if (message.Length + line.Length > ApiLimits.MaxResponseBytes)
        {
            throw new IOException($"The gateway's answer is longer than {ApiLimits.MaxResponseBytes} characters.");
        }

        message.Append(line).Append(' ');
    }
}
