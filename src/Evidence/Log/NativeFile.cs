using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Sallyport.Evidence.Log;

/// <summary>The file system calls the BCL does not offer, and durable replacement of small files.</summary>
public static partial class NativeFile
{
    private const int OpenReadOnly = 0;

    /// <summary>Makes the contents of a file durable. On Linux without its times, which nobody needs back.</summary>
    internal static void SyncData(SafeFileHandle file)
    {
        if (!OperatingSystem.IsLinux())
        {
            RandomAccess.FlushToDisk(file);
            return;
        }
        if (FDataSync(file) != 0)
        {
            throw Failure("fdatasync");
        }
    }

    /// <summary>Makes names created, renamed or removed in a directory durable.</summary>
    public static void SyncDirectory(string directory)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }
        var descriptor = Open(directory, OpenReadOnly);
        if (descriptor < 0)
        {
            throw Failure("open of a directory");
        }
        var result = FSync(descriptor);
        var failure = result == 0 ? null : Failure("fsync of a directory");
        _ = Close(descriptor);
        if (failure is not null)
        {
            throw failure;
        }
    }

    /// <summary>Replaces a file so that after a crash the old or the new contents are there, never a mixture.</summary>
    internal static void Replace(string path, ReadOnlySpan<byte> contents, bool syncDirectory)
    {
        var temporary = path + ".tmp";
        WriteSynced(temporary, contents);
        File.Move(temporary, path, overwrite: true);
        if (syncDirectory)
        {
            SyncDirectory(Path.GetDirectoryName(path)!);
        }
    }

    private static void WriteSynced(string path, ReadOnlySpan<byte> contents)
    {
        using var file = File.OpenHandle(path, FileMode.Create, FileAccess.Write, FileShare.None);
        RandomAccess.Write(file, contents, 0);
        RandomAccess.FlushToDisk(file);
    }

    private static IOException Failure(string call) => new($"{call} failed: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int FDataSync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(int file);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int file);
}
