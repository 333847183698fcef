using System.Text;

namespace Sallyport.Gateway.Configuration;

/// <summary>Reads files that have a size limit.</summary>
internal static class BoundedFile
{
    /// <exception cref="InvalidDataException">The file is longer than the limit.</exception>
    public static byte[] Read(string path, int maxBytes)
    {
        using var file = File.OpenRead(path);
        var buffer = new byte[maxBytes + 1];
        var length = file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        return length <= maxBytes ? buffer[..length] : throw new InvalidDataException($"longer than {maxBytes} bytes");
    }

    public static string ReadText(string path, int maxBytes) => Encoding.UTF8.GetString(Read(path, maxBytes));
}
