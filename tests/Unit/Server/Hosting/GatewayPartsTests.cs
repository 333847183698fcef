using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Sallyport.Evidence.Log;
using Sallyport.Server.Hosting;

namespace Sallyport.Unit.Server.Hosting;

public sealed class GatewayPartsTests
{
    [Fact]
    public async Task Opening_records_the_start_the_policy_and_the_grants_in_force()
    {
        await using var gateway = await GatewayFixture.CreateAsync();
        await gateway.Parts.Recorder.StoppedAsync("test");
        var hash = gateway.Configuration.Hash;
        Assert.Equal([("gateway.start", ""), ("clock.status", ""), ("policy.activate", hash), ("grant.active", hash), ("gateway.stop", "")], gateway.Records());
    }

    [Fact]
    public async Task Nothing_in_the_data_folder_can_be_read_by_others()
    {
        await using var gateway = await GatewayFixture.CreateAsync();
        var data = gateway.Configuration.DataDirectory;
        const UnixFileMode Others = UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;
        Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(data) & (Others | UnixFileMode.OtherExecute | UnixFileMode.GroupExecute));
        foreach (var file in (string[])[GatewayParts.DatabaseFile, GatewayParts.ApprovalKeyFile])
        {
            Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(Path.Combine(data, file)) & Others);
        }
    }

    [Fact]
    public async Task The_same_folder_opens_again_after_an_orderly_end()
    {
        await using var gateway = await GatewayFixture.CreateAsync();
        await gateway.RestartAsync();
        Assert.Equal(2, gateway.Records().Count(record => record.Kind == "gateway.start"));
    }

    [Fact]
    public async Task Two_gateways_never_share_a_folder()
    {
        await using var gateway = await GatewayFixture.CreateAsync();
        await Assert.ThrowsAsync<LedgerUnavailableException>(() =>
            GatewayParts.OpenAsync(gateway.Configuration, NullLoggerFactory.Instance, TimeProvider.System, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task The_data_plane_accepts_until_it_is_stopped_and_records_the_end()
    {
        await using var gateway = await GatewayFixture.CreateAsync();
        await gateway.DataPlane.StartAsync(TestContext.Current.CancellationToken);
        Assert.True(gateway.DataPlane.IsOpen);
        var address = gateway.DataPlane.PostgresAddress!;
        using (var client = new TcpClient())
        {
            await client.ConnectAsync(IPAddress.Loopback, address.Port, TestContext.Current.CancellationToken);
        }
        await gateway.DataPlane.StopAsync(TestContext.Current.CancellationToken);
        Assert.False(gateway.DataPlane.IsOpen);
        Assert.Equal("gateway.stop", gateway.Records()[^1].Kind);
        using var late = new TcpClient();
        await Assert.ThrowsAsync<SocketException>(async () =>
            await late.ConnectAsync(IPAddress.Loopback, address.Port, TestContext.Current.CancellationToken));
    }
}
