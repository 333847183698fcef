using System.Runtime.InteropServices;

namespace Sallyport.Server.Hosting;

/// <summary>SIGHUP as the order to reload, also where the process inherited it as ignored (nohup, some supervisors).</summary>
internal static partial class HangUpSignal
{
    // signal.h of Linux and macOS
    private const int Number = 1;
    private const nint DefaultHandler = 0;

    /// <summary>Calls <paramref name="onSignal"/> for each SIGHUP until disposed.</summary>
    public static PosixSignalRegistration Handle(Action onSignal)
    {
        if (!OperatingSystem.IsWindows())
        {
            // The runtime leaves an ignored signal ignored, so it must not be when the runtime looks.
            _ = SetHandler(Number, DefaultHandler);
        }
        return PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
        {
            context.Cancel = true;
            onSignal();
        });
    }

    [LibraryImport("libc", EntryPoint = "signal")]
    private static partial nint SetHandler(int number, nint handler);
}
