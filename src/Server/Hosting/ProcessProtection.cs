using System.Runtime.InteropServices;

namespace Sallyport.Server.Hosting;

/// <summary>Keeps what is in memory (tokens, statements, rows) out of files: no core dump, no minidump, no debugger of the same user.</summary>
internal static partial class ProcessProtection
{
    // linux/prctl.h
    private const int SetDumpable = 4;

    private static readonly string[] DumpSwitches = ["DOTNET_DbgEnableMiniDump", "COMPlus_DbgEnableMiniDump"];

    /// <summary>Null when the process is protected; else one sentence about what is in the way.</summary>
    public static string? Apply()
    {
        var dump = DumpSwitches.FirstOrDefault(name => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value && value != "0");
        if (dump is not null)
        {
            return $"The environment variable {dump} asks for memory dumps, which would write patients' data to disk; remove it.";
        }
        return OperatingSystem.IsLinux() && ProcessControl(SetDumpable, 0, 0, 0, 0) != 0
            ? $"Core dumps cannot be switched off (prctl: error {Marshal.GetLastPInvokeError()})."
            : null;
    }

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    private static partial int ProcessControl(int option, nuint argument2, nuint argument3, nuint argument4, nuint argument5);
}
