using System.Runtime.InteropServices;

namespace Sallyport.Gateway.Transport.Native;

/// <summary>The system calls of the epoll engine (see their manual pages, section 2). Errors are read by <see cref="Errno.Last"/>.</summary>
internal static partial class LibC
{
    private const string Library = "libc";

    [LibraryImport(Library, EntryPoint = "recv", SetLastError = true)]
    public static partial nint Receive(int descriptor, ref byte buffer, nint length, int flags);

    [LibraryImport(Library, EntryPoint = "send", SetLastError = true)]
    public static partial nint Send(int descriptor, ref byte buffer, nint length, int flags);

    [LibraryImport(Library, EntryPoint = "epoll_create1", SetLastError = true)]
    public static partial int EpollCreate(int flags);

    [LibraryImport(Library, EntryPoint = "epoll_ctl", SetLastError = true)]
    public static partial int EpollControl(int epoll, int operation, int descriptor, ref byte @event);

    [LibraryImport(Library, EntryPoint = "epoll_wait", SetLastError = true)]
    public static partial int EpollWait(int epoll, ref byte events, int maxEvents, int timeoutMilliseconds);

    [LibraryImport(Library, EntryPoint = "eventfd", SetLastError = true)]
    public static partial int EventDescriptor(uint initialValue, int flags);

    [LibraryImport(Library, EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(SafeHandle descriptor, ref ulong value, nint length);

    [LibraryImport(Library, EntryPoint = "socket", SetLastError = true)]
    public static partial int Socket(int family, int type, int protocol);

    [LibraryImport(Library, EntryPoint = "bind", SetLastError = true)]
    public static partial int Bind(int descriptor, ref byte address, int addressBytes);

    [LibraryImport(Library, EntryPoint = "listen", SetLastError = true)]
    public static partial int Listen(int descriptor, int backlog);

    [LibraryImport(Library, EntryPoint = "connect", SetLastError = true)]
    public static partial int Connect(int descriptor, ref byte address, int addressBytes);

    [LibraryImport(Library, EntryPoint = "accept4", SetLastError = true)]
    public static partial int Accept(int descriptor, ref byte address, ref int addressBytes, int flags);

    [LibraryImport(Library, EntryPoint = "getsockname", SetLastError = true)]
    public static partial int GetSocketName(int descriptor, ref byte address, ref int addressBytes);

    [LibraryImport(Library, EntryPoint = "setsockopt", SetLastError = true)]
    public static partial int SetSocketOption(int descriptor, int level, int option, ref int value, int valueBytes);

    [LibraryImport(Library, EntryPoint = "getsockopt", SetLastError = true)]
    public static partial int GetSocketOption(int descriptor, int level, int option, ref int value, ref int valueBytes);

    [LibraryImport(Library, EntryPoint = "shutdown", SetLastError = true)]
    public static partial int Shutdown(int descriptor, int how);

    [LibraryImport(Library, EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int descriptor);

    [LibraryImport(Library, EntryPoint = "poll", SetLastError = true)]
    public static partial int Poll(ref PollDescriptor descriptor, nuint count, int timeoutMilliseconds);

    [LibraryImport(Library, EntryPoint = "getrlimit", SetLastError = true)]
    public static partial int GetResourceLimit(int resource, ref ResourceLimit limit);

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
        var poll = new PollDescriptor { Descriptor = descriptor, Events = PollDescriptor.PeerHangUp };
        return Poll(ref poll, 1, 0) > 0;
    }
}

/// <summary>struct pollfd of poll(2).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PollDescriptor
{
    /// <summary>POLLRDHUP; POLLERR and POLLHUP are reported unasked.</summary>
    public const short PeerHangUp = 0x2000;

    public int Descriptor;
    public short Events;
    public short Returned;
}

/// <summary>struct rlimit of getrlimit(2).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ResourceLimit
{
    /// <summary>RLIMIT_NOFILE: one more than the highest descriptor.</summary>
    public const int OpenFiles = 7;

    public nuint Current;
    public nuint Maximum;
}
