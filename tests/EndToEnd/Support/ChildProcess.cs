using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;

namespace Sallyport.EndToEnd.Support;

/// <summary>A program started by a test. It ends with the test run, however the run ends.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    /// <summary>What is kept of each output stream; the rest is dropped.</summary>
    private const int MaxOutputChars = 64 * 1024 * 1024;

    // The kernel sends the parent-death signal when the *thread* that started the child ends. Pool threads come and go,
    // so one thread that lives as long as the process starts everything.
    private static readonly BlockingCollection<Action> Starts = StartThread();

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _error = new();

    private ChildProcess(Process process) => _process = process;

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    public StreamWriter Input => _process.StandardInput;

    public string Output => Text(_output);

    public string Error => Text(_error);

    public static ChildProcess Start(Launch launch)
    {
        var started = new TaskCompletionSource<ChildProcess>(TaskCreationOptions.RunContinuationsAsynchronously);
        Starts.Add(() =>
        {
            try
            {
                started.SetResult(StartHere(launch));
            }
            catch (Exception failure)
            {
                started.SetException(failure);
            }
        });
        return started.Task.GetAwaiter().GetResult();
    }

    /// <summary>Runs a program to its end. Throws <see cref="TimeoutException"/>, and kills it, when it takes longer.</summary>
    public static async Task<Finished> RunAsync(Launch launch, TimeSpan? timeout = null, string? input = null)
    {
        await using var child = Start(launch);
        if (input is not null)
        {
            await child.Input.WriteAsync(input);
        }

        child.Input.Close();
        return await child.WaitAsync(timeout);
    }

    public async Task<Finished> WaitAsync(TimeSpan? timeout = null)
    {
        using var limit = new CancellationTokenSource(timeout ?? TimeSpan.FromSeconds(120));
        try
        {
            await _process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException late)
        {
            Kill();
            throw new TimeoutException($"{_process.StartInfo.ArgumentList.LastOrDefault()} did not end.\n{Output}\n{Error}", late);
        }

        return new Finished(_process.ExitCode, Output, Error);
    }

    public void Signal(string name)
    {
        // The shell's own: a small system has no kill program.
        using var kill = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", $"kill -s {name} {Id}"]))!;
        kill.WaitForExit();
    }

    public void Kill()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
    }

    private static ChildProcess StartHere(Launch launch)
    {
        var info = new ProcessStartInfo("/usr/bin/setpriv")
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = launch.Directory ?? TestRun.Directory,
        };
        if (launch.AsDatabaseUser && TestRun.IsRoot)
        {
            foreach (var argument in (string[])["--reuid", TestRun.DatabaseUser, "--regid", TestRun.DatabaseUser, "--clear-groups"])
            {
                info.ArgumentList.Add(argument);
            }
        }

        foreach (var argument in (string[])["--pdeathsig", launch.DeathSignal, "--", launch.Program, .. launch.Arguments])
        {
            info.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in launch.Environment ?? [])
        {
            info.Environment[name] = value;
        }

        var child = new ChildProcess(new Process { StartInfo = info });
        child._process.OutputDataReceived += (_, line) => child.Keep(child._output, line.Data);
        child._process.ErrorDataReceived += (_, line) => child.Keep(child._error, line.Data);
        child._process.Start();
        child._process.BeginOutputReadLine();
        child._process.BeginErrorReadLine();
        return child;
    }

    private static BlockingCollection<Action> StartThread()
    {
        var queue = new BlockingCollection<Action>(boundedCapacity: 256);
        new Thread(() =>
        {
            foreach (var start in queue.GetConsumingEnumerable())
            {
                start();
            }
        })
        { IsBackground = true, Name = "child processes" }.Start();
        return queue;
    }

    private static string Text(StringBuilder builder)
    {
        lock (builder)
        {
            return builder.ToString();
        }
    }

    private void Keep(StringBuilder builder, string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (builder)
        {
            if (builder.Length < MaxOutputChars)
            {
                builder.Append(line).Append('\n');
            }
        }
    }
}

/// <summary>How to start a program.</summary>
internal sealed record Launch(string Program, params IReadOnlyList<string> Arguments)
{
    public Dictionary<string, string>? Environment { get; init; }

    public string? Directory { get; init; }

    /// <summary>PostgreSQL does not run as root: its programs then run as the user of the Debian package.</summary>
    public bool AsDatabaseUser { get; init; }

    /// <summary>What the kernel sends when the test run ends.</summary>
    public string DeathSignal { get; init; } = "KILL";
}

internal sealed record Finished(int ExitCode, string Output, string Error)
{
    public Finished Expect(int exitCode)
    {
        Assert.True(ExitCode == exitCode, $"exit code {ExitCode}, expected {exitCode}\n--- output\n{Output}\n--- error\n{Error}");
        return this;
    }
}
