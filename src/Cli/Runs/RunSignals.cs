using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Sallyport.Cli.Runs;

/// <summary>Passes signals on to the program that runs, and lives on itself until that has answered them.</summary>
internal sealed partial class RunSignals : IDisposable
{
    private static readonly (PosixSignal Signal, int Number)[] Forwarded =
        [(PosixSignal.SIGHUP, 1), (PosixSignal.SIGINT, 2), (PosixSignal.SIGQUIT, 3), (PosixSignal.SIGTERM, 15)];

    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly bool _isTerminal;
    private volatile Process? _process;

    /// <param name="isTerminal">Whether keys at a terminal raise signals: those reach the program by themselves, and twice would mean something else.</param>
    public RunSignals(bool isTerminal)
    {
        _isTerminal = isTerminal;
        foreach (var (signal, number) in Forwarded)
        {
            _registrations.Add(PosixSignalRegistration.Create(signal, context =>
            {
                context.Cancel = true;
                Forward(context.Signal, number);
            }));
        }
    }

    /// <summary>Passes on to this program from now on; earlier signals are lost on it.</summary>
    public void PassTo(Process process) => _process = process;

    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }
    }

    private void Forward(PosixSignal signal, int number)
    {
        if (_process is not { } process || (_isTerminal && signal is PosixSignal.SIGINT or PosixSignal.SIGQUIT))
        {
            return;
        }

        if (OperatingSystem.IsWindows())
        {
            process.Kill();
        }
        else
        {
            _ = Kill(process.Id, number);
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Kill(int process, int signal);
}
