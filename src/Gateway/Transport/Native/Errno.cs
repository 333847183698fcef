using System.Runtime.InteropServices;

namespace Sallyport.Gateway.Transport.Native;

/// <summary>Error numbers of Linux.</summary>
internal static class Errno
{
    public const int Interrupted = 4;
    public const int TryAgain = 11;
    public const int OutOfMemory = 12;
    public const int TooManyFilesInSystem = 23;
    public const int TooManyFiles = 24;
    public const int NoBuffers = 105;
    public const int InProgress = 115;

    public static int Last => Marshal.GetLastPInvokeError();

    /// <summary>The system's text for an error, such as "Connection refused".</summary>
    public static string Text(int error) => Marshal.GetPInvokeErrorMessage(error);

    public static IOException Exception(string what, int error) => new($"{what}: {Text(error)}.");
}
