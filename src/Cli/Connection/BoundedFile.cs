using System.Text;

namespace Sallyport.Cli.Connection;

/// <summary>Reads small files whole, and no others.</summary>
internal static class BoundedFile
{
    public static byte[] ReadBytes(string path, int maxBytes)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        var buffer = new byte[maxBytes + 1];
        var count = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        return count <= maxBytes
            ? buffer[..count]
            : throw new CliException(ExitCode.Malformed, $"{path} is longer than {maxBytes} bytes.", "Check that it is the right file.");
    }

    public static string ReadText(string path, int maxBytes) => Encoding.UTF8.GetString(ReadBytes(path, maxBytes));
}
