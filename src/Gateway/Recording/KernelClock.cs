using System.Runtime.InteropServices;

namespace Sallyport.Gateway.Recording;

/// <summary>What the kernel says about the clock (Linux adjtimex(2), read only).</summary>
/// <param name="Synchronised"><c>yes</c>, <c>no</c>, or <c>unknown</c> where the kernel cannot be asked.</param>
/// <param name="OffsetMicroseconds">Time offset that is still being corrected.</param>
/// <param name="MaxErrorMicroseconds">Largest error the time service vouches for.</param>
internal readonly partial record struct KernelClock(string Synchronised, long OffsetMicroseconds, long MaxErrorMicroseconds)
{
    private const int StructBytes = 208;
    private const int OffsetAt = 8;
    private const int MaxErrorAt = 24;
    private const int StatusAt = 40;
    private const int StatusUnsynchronised = 0x0040;
    private const int StatusNanoseconds = 0x2000;
    private const int ErrorState = 5;
    private const long NanosecondsPerMicrosecond = 1000;

    public static KernelClock Read()
    {
        if (!OperatingSystem.IsLinux() || !Environment.Is64BitProcess)
        {
            return new KernelClock("unknown", 0, 0);
        }
        // struct timex of 64-bit Linux; its first field is what to change: nothing.
        Span<byte> timex = stackalloc byte[StructBytes];
        timex.Clear();
        var state = AdjustTime(timex);
        if (state < 0)
        {
            return new KernelClock("unknown", 0, 0);
        }
        var status = MemoryMarshal.Read<int>(timex[StatusAt..]);
        var offset = MemoryMarshal.Read<long>(timex[OffsetAt..]);
        return new KernelClock(
            state == ErrorState || (status & StatusUnsynchronised) != 0 ? "no" : "yes",
            (status & StatusNanoseconds) != 0 ? offset / NanosecondsPerMicrosecond : offset,
            MemoryMarshal.Read<long>(timex[MaxErrorAt..]));
    }

    [LibraryImport("libc", EntryPoint = "adjtimex")]
    private static partial int AdjustTime(Span<byte> timex);
}
