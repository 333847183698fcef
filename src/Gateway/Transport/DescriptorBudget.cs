using Sallyport.Gateway.Transport.Native;

namespace Sallyport.Gateway.Transport;

/// <summary>
/// How many connections the process has descriptors for. A session takes two, and a part is left for everything else: a
/// runtime that cannot open one more file may abort the process.
/// </summary>
internal static class DescriptorBudget
{
    private const int MaxReserve = 256;
    private const int DescriptorsPerSession = 2;

    /// <summary>The configured limit, or less when the process may not open that many files.</summary>
    public static int Sessions(int configured)
    {
        var limit = default(ResourceLimit);
        return OperatingSystem.IsLinux() && LibC.GetResourceLimit(ResourceLimit.OpenFiles, ref limit) == 0
            ? Sessions(configured, limit.Current)
            : configured;
    }

    public static int Sessions(int configured, nuint descriptors)
    {
        var reserve = Math.Min((nuint)MaxReserve, descriptors / 4);
        var affordable = (descriptors - reserve) / DescriptorsPerSession;
        return affordable < (nuint)configured ? Math.Max(1, (int)affordable) : configured;
    }
}
