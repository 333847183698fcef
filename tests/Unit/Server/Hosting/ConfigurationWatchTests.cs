using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Sallyport.Server.Hosting;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Server.Hosting;

/// <summary>However a configuration file is changed, it is read once it is whole, and nothing else is.</summary>
public sealed class ConfigurationWatchTests
{
    private const string Refused = "policy.refused";

    [Fact]
    public async Task A_file_put_in_place_by_a_rename_comes_into_force()
    {
        await using var watched = await Watched.StartAsync();
        var draft = Path.Combine(watched.Folder, "draft");
        await File.WriteAllTextAsync(draft, watched.Other, TestContext.Current.CancellationToken);
        File.Move(draft, watched.Gateway.File, overwrite: true);
        await watched.InForceAsync();
        Assert.DoesNotContain(watched.Gateway.Records(), static record => record.Kind == Refused);
    }

    [Fact]
    public async Task A_half_written_file_is_not_read_while_it_is_being_written()
    {
        await using var watched = await Watched.StartAsync();
        await File.WriteAllTextAsync(watched.Gateway.File, watched.Other[..(watched.Other.Length / 2)], TestContext.Current.CancellationToken);
        await watched.LookingAsync();
        await File.WriteAllTextAsync(watched.Gateway.File, watched.Other, TestContext.Current.CancellationToken);
        await watched.InForceAsync();
        Assert.DoesNotContain(watched.Gateway.Records(), static record => record.Kind == Refused);
    }

    [Fact]
    public async Task A_file_that_stays_half_written_is_refused_and_read_again_when_it_is_whole()
    {
        await using var watched = await Watched.StartAsync();
        await File.WriteAllTextAsync(watched.Gateway.File, watched.Other[..(watched.Other.Length / 2)], TestContext.Current.CancellationToken);
        await watched.UntilAsync(() => watched.Gateway.Reloader.State.Refused is not null);
        Assert.Equal(watched.Gateway.Configuration.Hash, watched.Gateway.Parts.Policy.Current.Hash);
        await File.WriteAllTextAsync(watched.Gateway.File, watched.Other, TestContext.Current.CancellationToken);
        await watched.InForceAsync();
        Assert.Single(watched.Gateway.Records(), static record => record.Kind == Refused);
    }

    [Fact]
    public async Task A_removed_file_changes_nothing_and_is_read_when_it_comes_back()
    {
        await using var watched = await Watched.StartAsync();
        await File.WriteAllTextAsync(watched.Gateway.File, watched.Other, TestContext.Current.CancellationToken);
        await watched.LookingAsync();
        File.Delete(watched.Gateway.File);
        await watched.DoneAsync();
        Assert.Equal(watched.Gateway.Configuration.Hash, watched.Gateway.Parts.Policy.Current.Hash);
        await File.WriteAllTextAsync(watched.Gateway.File, watched.Other, TestContext.Current.CancellationToken);
        await watched.InForceAsync();
        Assert.DoesNotContain(watched.Gateway.Records(), static record => record.Kind == Refused);
    }

    [Fact]
    public async Task A_mounted_folder_whose_link_is_swapped_is_noticed()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Kubernetes mounts configuration by links on Linux");
        await using var watched = await Watched.StartAsync(static gateway =>
        {
            // What a ConfigMap looks like: the file is a link into ..data, and ..data is a link to the folder of the version in force.
            var folder = Path.GetDirectoryName(gateway.File)!;
            Directory.CreateDirectory(Path.Combine(folder, "..1"));
            File.Move(gateway.File, Path.Combine(folder, "..1", "gateway.yaml"));
            Directory.CreateSymbolicLink(Path.Combine(folder, "..data"), "..1");
            File.CreateSymbolicLink(gateway.File, Path.Combine("..data", "gateway.yaml"));
        });
        Directory.CreateDirectory(Path.Combine(watched.Folder, "..2"));
        await File.WriteAllTextAsync(Path.Combine(watched.Folder, "..2", "gateway.yaml"), watched.Other, TestContext.Current.CancellationToken);
        Directory.CreateSymbolicLink(Path.Combine(watched.Folder, "..data_tmp"), "..2");
        using var rename = Process.Start(new ProcessStartInfo("mv", ["--no-target-directory", "..data_tmp", "..data"]) { WorkingDirectory = watched.Folder })!;
        await rename.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, rename.ExitCode);
        await watched.InForceAsync();
        Assert.DoesNotContain(watched.Gateway.Records(), static record => record.Kind == Refused);
    }

    /// <summary>A gateway whose file is watched. Its clock goes on only where a test waits for something.</summary>
    private sealed class Watched : IAsyncDisposable
    {
        private readonly ManualTime _time = new();
        private readonly ConfigurationWatch _watch;

        private Watched(GatewayFixture gateway)
        {
            Gateway = gateway;
            Other = File.ReadAllText(gateway.File).Replace("MRN: token", "MRN: redact", StringComparison.Ordinal);
            _watch = new ConfigurationWatch(gateway.File, gateway.Reloader, _time, NullLogger<ConfigurationWatch>.Instance);
        }

        public GatewayFixture Gateway { get; }

        public string Folder => Path.GetDirectoryName(Gateway.File)!;

        /// <summary>Another version of the file.</summary>
        public string Other { get; }

        public static async Task<Watched> StartAsync(Action<GatewayFixture>? prepare = null)
        {
            var gateway = await GatewayFixture.CreateAsync();
            prepare?.Invoke(gateway);
            var watched = new Watched(gateway);
            await watched._watch.StartAsync(TestContext.Current.CancellationToken);
            return watched;
        }

        /// <summary>Until the watch has seen a change and waits for the file to stay the same.</summary>
        public Task LookingAsync() => UntilAsync(() => _time.PendingTimers > 0, isTimeStill: true);

        /// <summary>Until the watch has looked again and waits for nothing.</summary>
        public async Task DoneAsync()
        {
            _time.Advance(ConfigurationWatch.Quiet);
            await UntilAsync(() => _time.PendingTimers == 0, isTimeStill: true);
        }

        public async Task InForceAsync()
        {
            var before = Gateway.Configuration.Hash;
            await UntilAsync(() => Gateway.Parts.Policy.Current.Hash != before && Gateway.Reloader.State.Hash != before);
            Assert.Null(Gateway.Reloader.State.Refused);
        }

        public async Task UntilAsync(Func<bool> holds, bool isTimeStill = false)
        {
            while (!holds())
            {
                if (!isTimeStill && _time.PendingTimers > 0)
                {
                    _time.Advance(ConfigurationWatch.Quiet);
                }
                await Task.Delay(TimeSpan.FromMilliseconds(5), TestContext.Current.CancellationToken);
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _watch.StopAsync(CancellationToken.None);
            _watch.Dispose();
            await Gateway.DisposeAsync();
        }
    }
}
