using System.Runtime.InteropServices;

namespace Sallyport.Gateway.Transport.Native;

/// <summary>The system calls of the epoll engine. Numbers are those of Linux on every architecture .NET supports there.</summary>
internal static partial class LibC
{
    public const short PollIn = 0x1;
    public const short PollError = 0x8;
    public const short PollHangUp = 0x10;
    public const short PollPeerHangUp = 0x2000;

    private const string Library = "libc";

    [LibraryImport(Library, EntryPoint = "poll", SetLastError = true)]
    public static partial int Poll(ref PollDescriptor descriptor, nuint count, int timeoutMilliseconds);

    /// <inheritdoc cref="IsPeerGone(int)"/>
    /// <exception cref="ObjectDisposedException">The socket is closed.</exception>
    public static bool IsPeerGone(SafeHandle socket)
    {
        var held = false;
        socket.DangerousAddRef(ref held);
        try
        {
            return IsPeerGone((int)socket.DangerousGetHandle());
        }
        finally
        {
            socket.DangerousRelease();
        }
    }

    /// <summary>Whether the peer of a stream socket has closed its side or the connection failed, even while unread bytes wait.</summary>
    public static bool IsPeerGone(int descriptor)
    {
        var poll = new PollDescriptor { Descriptor = descriptor, Events = PollPeerHangUp };
        return Poll(ref poll, 1, 0) > 0;
    }
}

/// <summary>struct pollfd of poll(2).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PollDescriptor
{
    public int Descriptor;
    public short Events;
    public short Returned;
}
