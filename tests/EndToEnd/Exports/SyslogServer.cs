using Sallyport.EndToEnd.Support;
using Sallyport.EndToEnd.Systems;

namespace Sallyport.EndToEnd.Exports;

/// <summary>rsyslog as hospitals run it: takes syslog over TLS and appends the messages to a file.</summary>
internal sealed class SyslogServer : IAsyncDisposable
{
    private const int MaxStartAttempts = 3;

    private readonly string _folder;
    private ChildProcess _process;

    private SyslogServer(string folder, int port, ChildProcess process)
    {
        _folder = folder;
        Port = port;
        _process = process;
    }

    public int Port { get; }

    public string MessageFile => Path.Combine(_folder, "messages");

    public static async Task<SyslogServer> StartAsync()
    {
        var folder = TestRun.Subdirectory("syslog");
        for (var attempt = 1; ; attempt++)
        {
            var port = TestRun.FreePort();
            var server = new SyslogServer(folder, port, Launch(folder, port));
            if (await server.IsListeningAsync())
            {
                return server;
            }
            var log = server._process.Output + server._process.Error;
            await server.DisposeAsync();
            if (attempt == MaxStartAttempts)
            {
                throw new InvalidOperationException($"rsyslog did not start:\n{log}");
            }
        }
    }

    /// <summary>Ends it as a service manager does.</summary>
    public async Task StopAsync()
    {
        _process.Signal("TERM");
        await _process.WaitAsync(TimeSpan.FromSeconds(30));
    }

    public async Task RestartAsync()
    {
        _process = Launch(_folder, Port);
        Assert.True(await IsListeningAsync(), "rsyslog listens again");
    }

    /// <summary>Every message, as it was received.</summary>
    public string[] Messages() => File.Exists(MessageFile) ? File.ReadAllLines(MessageFile) : [];

    public async ValueTask DisposeAsync() => await _process.DisposeAsync();

    private static ChildProcess Launch(string folder, int port)
    {
        var certificates = TestCertificates.Instance;
        var file = Path.Combine(folder, "rsyslog.conf");
        File.WriteAllText(file, $$"""
            global(workDirectory="{{folder}}" maxMessageSize="256k"
                   defaultNetstreamDriver="gtls" defaultNetstreamDriverCAFile="{{certificates.AuthorityFile}}"
                   defaultNetstreamDriverCertFile="{{certificates.CertificateFile}}" defaultNetstreamDriverKeyFile="{{certificates.KeyFile}}")
            module(load="imtcp" streamDriver.name="gtls" streamDriver.mode="1" streamDriver.authMode="anon")
            input(type="imtcp" port="{{port}}" address="127.0.0.1")
            template(name="raw" type="string" string="%rawmsg%\n")
            action(type="omfile" file="{{Path.Combine(folder, "messages")}}" template="raw")
            """);
        var pid = Path.Combine(folder, "pid");
        File.Delete(pid);
        return ChildProcess.Start(new Launch("/usr/sbin/rsyslogd", "-n", "-f", file, "-i", pid));
    }

    private async Task<bool> IsListeningAsync()
    {
        var isListening = false;
        await TestRun.UntilAsync("rsyslog listens or is gone", async () =>
        {
            using var probe = new System.Net.Sockets.TcpClient();
            try
            {
                await probe.ConnectAsync(System.Net.IPAddress.Loopback, Port);
                isListening = true;
            }
            catch (System.Net.Sockets.SocketException)
            {
                isListening = false;
            }
            return isListening || _process.HasExited;
        });
        return isListening;
    }
}
