using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using Sallyport.Gateway.Configuration;
using Sallyport.Server.Hosting;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Server.Hosting;

/// <summary>A gateway's parts opened from a real configuration file. Its target is an address where nobody listens.</summary>
internal sealed class GatewayFixture : IAsyncDisposable
{
    public const string Rules = """
        rules:
          - {name: writes, match: {class: write}, verdict: ask, approvers: [security-officers]}
        """;

    private readonly TemporaryFolder _folder = new();
    private readonly int _postgresPort = FreePort();
    private readonly int _httpPort = FreePort();

    private GatewayFixture()
    {
    }

    public string File => _folder.File("gateway.yaml");

    public GatewayConfiguration Configuration { get; private set; } = null!;

    public GatewayParts Parts { get; private set; } = null!;

    public DataPlane DataPlane { get; private set; } = null!;

    public Reloader Reloader { get; private set; } = null!;

    public static async Task<GatewayFixture> CreateAsync()
    {
        var fixture = new GatewayFixture();
        System.IO.File.WriteAllText(fixture._folder.File("keys.json"), KeySet());
        var password = fixture._folder.File("password");
        System.IO.File.WriteAllText(password, "not used");
        System.IO.File.SetUnixFileMode(password, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        fixture.Write(Rules);
        var result = ConfigurationLoader.Load(fixture.File);
        Assert.True(result.Configuration is not null, string.Join('\n', result.Problems));
        fixture.Configuration = result.Configuration;
        await fixture.OpenAsync();
        return fixture;
    }

    public async Task RestartAsync()
    {
        await CloseAsync();
        await OpenAsync();
    }

    /// <summary>Writes the file anew, with other rules (or anything else) at its end.</summary>
    public void Write(string more, string mask = "token", string database = "clinic") => System.IO.File.WriteAllText(
        File,
        $$"""
        origin: gateway.test
        data: data
        listen: {postgres: "127.0.0.1:{{_postgresPort}}", http: "127.0.0.1:{{_httpPort}}"}
        insecureLoopback: true
        identity:
          - {issuer: "https://issuer.test", audience: sallyport, jwks: {file: keys.json}, agents: {claim: client_id, in: [agent-reporting]} }
        targets:
          - {name: clinic, kind: postgres, address: "127.0.0.1:1", database: {{database}}, tls: disable, credential: {user: sallyport, password: {file: password} } }
        grants:
          - {name: reporting, groups: [reporting-agents], target: clinic, allow: [read, write], schemas: [clinic]}
        phi: {clinic: {clinic.patients.mrn: MRN} }
        masks: {MRN: {{mask}}, default: redact}
        roles: {operator: [operators], auditor: [auditors]}
        {{more}}
        """);

    /// <summary>Kind and policy of every record that is durable now.</summary>
    public List<(string Kind, string Policy)> Records() => DurableRecords.Of(Parts.Recorder.Ledger);

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        _folder.Dispose();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string KeySet()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        return $$"""{"keys":[{"kty":"EC","crv":"P-256","use":"sig","alg":"ES256","kid":"1","x":"{{Base64Url.EncodeToString(point.X)}}","y":"{{Base64Url.EncodeToString(point.Y)}}"}]}""";
    }

    private async Task OpenAsync()
    {
        Parts = await GatewayParts.OpenAsync(Configuration, NullLoggerFactory.Instance, TimeProvider.System, TestContext.Current.CancellationToken);
        DataPlane = new DataPlane(Parts, Configuration, TimeProvider.System, NullLogger<DataPlane>.Instance);
        Reloader = new Reloader(File, Configuration, Parts, DataPlane, certificate: null, TimeProvider.System, NullLogger<Reloader>.Instance);
    }

    private async Task CloseAsync()
    {
        Reloader.Dispose();
        DataPlane.Dispose();
        await Parts.DisposeAsync();
    }
}
