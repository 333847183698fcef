using System.Buffers;

namespace Sallyport.Api;

/// <summary>Copies an HTTP body up to a limit.</summary>
internal static class BoundedCopy
{
    private const int BufferBytes = 64 * 1024;

    public static async Task<long> CopyAsync(HttpContent content, Stream destination, long maxBytes, Action<long>? written, CancellationToken cancellationToken)
    {
        if (content.Headers.ContentLength > maxBytes)
        {
            throw TooLong(maxBytes);
        }

        await using var source = await content.ReadAsStreamAsync(cancellationToken);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            long total = 0;
            for (int count; (count = await ReadAsync(source, buffer, cancellationToken)) > 0;)
            {
                total += count;
                if (total > maxBytes)
                {
                    throw TooLong(maxBytes);
                }

                await destination.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
                written?.Invoke(total);
            }

            return total;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
        }
    }

    /// <summary>Reads once; a failure of the connection must not look like a failure of the destination.</summary>
    private static async ValueTask<int> ReadAsync(Stream source, byte[] buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await source.ReadAsync(buffer, cancellationToken);
        }
        catch (IOException exception)
        {
            throw new ApiException(ApiFailure.Unreachable, "The connection to the gateway broke in the middle of its answer.", "Try again.", exception);
        }
    }

    private static ApiException TooLong(long maxBytes) =>
        new(ApiFailure.UnexpectedAnswer, $"The gateway's answer is longer than {maxBytes} bytes.", "Ask for less, or check the gateway's address.");
}
