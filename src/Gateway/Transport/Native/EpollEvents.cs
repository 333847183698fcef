using System.Runtime.InteropServices;

namespace Sallyport.Gateway.Transport.Native;

/// <summary>Flags of epoll(7), and the layout of struct epoll_event: packed on x86, aligned elsewhere.</summary>
internal static class EpollEvents
{
    public const uint Readable = 0x1;
    public const uint Urgent = 0x2;
    public const uint Writable = 0x4;
    public const uint Error = 0x8;
    public const uint HangUp = 0x10;
    public const uint PeerHangUp = 0x2000;
    public const uint EdgeTriggered = 1u << 31;

    /// <summary>Everything that ends waiting for bytes.</summary>
    public const uint EndsReceive = Readable | Urgent | Error | HangUp | PeerHangUp;

    public const uint EndsSend = Writable | Error | HangUp;

    public static readonly int Bytes = IsPacked ? 12 : 16;

    private const int Add = 1;
    private const int Modify = 3;
    private static readonly int DataOffset = IsPacked ? 4 : 8;

    private static bool IsPacked => RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.X86;

    /// <exception cref="IOException">The kernel refuses (out of memory, or the limit of watches).</exception>
    public static void Watch(int epoll, int descriptor, uint events, ulong data, bool modify = false)
    {
        Span<byte> @event = stackalloc byte[16];
        MemoryMarshal.Write(@event, events);
        MemoryMarshal.Write(@event[DataOffset..], data);
        if (LibC.EpollControl(epoll, modify ? Modify : Add, descriptor, ref MemoryMarshal.GetReference(@event)) != 0)
        {
            throw Errno.Exception("Cannot watch a descriptor", Errno.Last);
        }
    }

    public static (uint Events, ulong Data) Read(ReadOnlySpan<byte> events, int index)
    {
        var @event = events[(index * Bytes)..];
        return (MemoryMarshal.Read<uint>(@event), MemoryMarshal.Read<ulong>(@event[DataOffset..]));
    }
}
