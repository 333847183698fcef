using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Sallyport.Gateway.Transport.Native;

/// <summary>TCP sockets as descriptors: non-blocking and closed on exec.</summary>
internal static class SocketCalls
{
    public const int NoSignal = 0x4000;

    /// <summary>MSG_TRUNC | MSG_DONTWAIT: TCP drops the bytes instead of copying them.</summary>
    private const int Discard = 0x20 | 0x40;

    /// <summary>Slabs of unread bytes that are dropped at most when a connection is closed: 1 MiB.</summary>
    private const int MaxDiscardSlabs = 64;

    private const int StreamType = 1;
    private const int NonBlockingCloseOnExec = 0x800 | 0x80000;
    private const int ShutdownWrite = 1;
    private const int ShutdownBoth = 2;

    private const int SocketLevel = 1;
    private const int ReuseAddress = 2;
    private const int PendingError = 4;
    private const int KeepAliveOption = 9;
    private const int TcpLevel = 6;
    private const int TcpNoDelay = 1;
    private const int TcpKeepIdle = 4;
    private const int TcpKeepInterval = 5;
    private const int TcpKeepCount = 6;
    private const int Ipv6Level = 41;
    private const int Ipv6Only = 26;

    private const int FamilyIpv4 = 2;
    private const int FamilyIpv6 = 10;

    /// <summary>sizeof(struct sockaddr_in6), the longer of the two.</summary>
    private const int MaxAddressBytes = 28;
    private const int Ipv4AddressBytes = 16;

    /// <exception cref="IOException">No descriptor or memory is left.</exception>
    public static int Open(AddressFamily family)
    {
        var descriptor = LibC.Socket(family == AddressFamily.InterNetwork ? FamilyIpv4 : FamilyIpv6, StreamType | NonBlockingCloseOnExec, 0);
        return descriptor >= 0 ? descriptor : throw Errno.Exception("Cannot open a socket", Errno.Last);
    }

    /// <summary>Starts connecting. 0: connected. <see cref="Errno.InProgress"/>: wait until it is writable. Else the error.</summary>
    public static int Connect(int descriptor, IPEndPoint remote)
    {
        Span<byte> address = stackalloc byte[MaxAddressBytes];
        var length = Write(remote, address);
        return LibC.Connect(descriptor, ref MemoryMarshal.GetReference(address), length) == 0 ? 0 : Errno.Last;
    }

    /// <exception cref="IOException">The address cannot be bound.</exception>
    public static int Listen(IPEndPoint local, int backlog)
    {
        var descriptor = Open(local.AddressFamily);
        Set(descriptor, SocketLevel, ReuseAddress, 1);
        if (local.AddressFamily == AddressFamily.InterNetworkV6)
        {
            Set(descriptor, Ipv6Level, Ipv6Only, local.Address.Equals(IPAddress.IPv6Any) ? 0 : 1);
        }

        Span<byte> address = stackalloc byte[MaxAddressBytes];
        var length = Write(local, address);
        if (LibC.Bind(descriptor, ref MemoryMarshal.GetReference(address), length) != 0 || LibC.Listen(descriptor, backlog) != 0)
        {
            var error = Errno.Last;
            LibC.Close(descriptor);
            throw Errno.Exception($"Cannot listen on {local}", error);
        }

        return descriptor;
    }

    /// <summary>Accepts one connection; -1 with <see cref="Errno.Last"/> set when there is none.</summary>
    public static int Accept(int listener, out IPEndPoint remote)
    {
        Span<byte> address = stackalloc byte[MaxAddressBytes];
        var length = MaxAddressBytes;
        var descriptor = LibC.Accept(listener, ref MemoryMarshal.GetReference(address), ref length, NonBlockingCloseOnExec);
        remote = descriptor >= 0 ? Read(address) : new IPEndPoint(IPAddress.None, 0);
        return descriptor;
    }

    public static IPEndPoint LocalEndPoint(int descriptor)
    {
        Span<byte> address = stackalloc byte[MaxAddressBytes];
        var length = MaxAddressBytes;
        return LibC.GetSocketName(descriptor, ref MemoryMarshal.GetReference(address), ref length) == 0
            ? Read(address)
            : throw Errno.Exception("Cannot read the address of a socket", Errno.Last);
    }

    /// <summary>No delay, and keep-alive probes; see <see cref="KeepAlive"/>.</summary>
    public static void Tune(int descriptor)
    {
        Set(descriptor, TcpLevel, TcpNoDelay, 1);
        Set(descriptor, SocketLevel, KeepAliveOption, 1);
        Set(descriptor, TcpLevel, TcpKeepIdle, KeepAlive.IdleSeconds);
        Set(descriptor, TcpLevel, TcpKeepInterval, KeepAlive.IntervalSeconds);
        Set(descriptor, TcpLevel, TcpKeepCount, KeepAlive.Probes);
    }

    /// <summary>The error a connect ended with, or 0.</summary>
    public static int TakeError(int descriptor)
    {
        var error = 0;
        var length = sizeof(int);
        return LibC.GetSocketOption(descriptor, SocketLevel, PendingError, ref error, ref length) == 0 ? error : Errno.Last;
    }

    public static void StopListening(int descriptor) => LibC.Shutdown(descriptor, ShutdownBoth);

    /// <summary>
    /// Drops what has arrived and was not read. Closing with unread bytes makes the kernel reset the connection, and the
    /// peer may then lose the last message, which says why.
    /// </summary>
    public static void DiscardUnread(int descriptor)
    {
        // A real buffer of that size all the same, for kernels that copy.
        var slab = default(RentedBuffer);
        slab.Rent();
        nint dropped = RentedBuffer.Bytes;
        for (var i = 0; i < MaxDiscardSlabs && dropped == RentedBuffer.Bytes; i++)
        {
            dropped = LibC.Receive(descriptor, ref MemoryMarshal.GetReference(slab.Span), RentedBuffer.Bytes, Discard);
        }

        slab.Return();
    }

    /// <inheritdoc cref="DiscardUnread(int)"/>
    /// <exception cref="ObjectDisposedException">The socket is closed.</exception>
    public static void DiscardUnread(SafeHandle socket)
    {
        var held = false;
        socket.DangerousAddRef(ref held);
        try
        {
            DiscardUnread((int)socket.DangerousGetHandle());
        }
        finally
        {
            socket.DangerousRelease();
        }
    }

    /// <summary>Sends FIN. Returns 0 or the error.</summary>
    public static int CloseSend(int descriptor) => LibC.Shutdown(descriptor, ShutdownWrite) == 0 ? 0 : Errno.Last;

    // An option that a kernel does not know changes speed or probing, never what is said; the connection goes on without it.
    private static void Set(int descriptor, int level, int option, int value) => LibC.SetSocketOption(descriptor, level, option, ref value, sizeof(int));

    /// <summary>Fills in a struct sockaddr_in or sockaddr_in6: family in host order, port in network order.</summary>
    private static int Write(IPEndPoint endPoint, Span<byte> address)
    {
        address.Clear();
        BinaryPrimitives.WriteUInt16BigEndian(address[2..], (ushort)endPoint.Port);
        if (endPoint.AddressFamily == AddressFamily.InterNetwork)
        {
            MemoryMarshal.Write(address, (ushort)FamilyIpv4);
            endPoint.Address.TryWriteBytes(address[4..], out _);
            return Ipv4AddressBytes;
        }

        MemoryMarshal.Write(address, (ushort)FamilyIpv6);
        endPoint.Address.TryWriteBytes(address[8..], out _);
        MemoryMarshal.Write(address[24..], (uint)endPoint.Address.ScopeId);
        return MaxAddressBytes;
    }

    private static IPEndPoint Read(ReadOnlySpan<byte> address)
    {
        var port = BinaryPrimitives.ReadUInt16BigEndian(address[2..]);
        if (MemoryMarshal.Read<ushort>(address) == FamilyIpv4)
        {
            return new IPEndPoint(new IPAddress(address.Slice(4, 4)), port);
        }

        var ip = new IPAddress(address.Slice(8, 16), MemoryMarshal.Read<uint>(address[24..]));
        return new IPEndPoint(ip.IsIPv4MappedToIPv6 ? ip.MapToIPv4() : ip, port);
    }
}
