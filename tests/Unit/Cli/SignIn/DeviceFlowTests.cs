using System.Net;
using Sallyport.Cli;
using Sallyport.Cli.SignIn;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Cli.SignIn;

public sealed class DeviceFlowTests
{
    private const string Pending = """{"error":"authorization_pending"}""";
    private const string Granted = """{"access_token":"t1","token_type":"Bearer","expires_in":600}""";

    private static readonly IssuerDocument Metadata = new() { TokenEndpoint = "https://i.example/token", DeviceAuthorizationEndpoint = "https://i.example/device" };

    private static readonly ClientCredential Client = new("cli", ClientAuthentication.None, null);

    private readonly ManualTime _time = new();
    private readonly List<TimeSpan> _pollTimes = [];
    private readonly List<DeviceDocument> _prompts = [];

    [Fact]
    public async Task The_code_is_shown_and_the_token_comes_when_it_was_entered()
    {
        var answer = await RunAsync(Device(interval: 5), Pending, Pending, Granted);
        Assert.Equal("t1", answer.AccessToken);
        Assert.Equal("WDJB-MJHT", Assert.Single(_prompts).UserCode);
        Assert.Equal([5, 10, 15], Seconds());
    }

    [Fact]
    public async Task Without_an_interval_it_polls_every_five_seconds()
    {
        await RunAsync("""{"device_code":"d","user_code":"c","verification_uri":"https://i.example/go","expires_in":60}""", Pending, Granted);
        Assert.Equal([5, 10], Seconds());
    }

    [Fact]
    public async Task Slow_down_adds_five_seconds_for_good()
    {
        await RunAsync(Device(interval: 2), Pending, """{"error":"slow_down"}""", Pending, Granted);
        Assert.Equal([2, 4, 11, 18], Seconds());
    }

    [Fact]
    public async Task A_lost_connection_doubles_the_interval_and_does_not_end_the_wait()
    {
        await RunAsync(Device(interval: 4), "", Granted);
        Assert.Equal([4, 12], Seconds());
    }

    [Theory]
    [InlineData("access_denied", "The sign-in was refused")]
    [InlineData("expired_token", "Nobody entered the code in time")]
    [InlineData("unheard_of", "The issuer refused (unheard_of")]
    public async Task A_final_error_ends_the_wait(string error, string sentence)
    {
        var exception = await Assert.ThrowsAsync<CliException>(() => RunAsync(Device(interval: 5), Pending, $$"""{"error":"{{error}}","error_description":"d"}"""));
        Assert.Equal(ExitCode.Refused, exception.ExitCode);
        Assert.StartsWith(sentence, exception.Message);
        Assert.Equal(2, _pollTimes.Count);
    }

    [Fact]
    public async Task The_wait_ends_with_the_code()
    {
        var exception = await Assert.ThrowsAsync<CliException>(() => RunAsync(Device(interval: 5, life: 12), Pending, Pending, Pending, Pending));
        Assert.Equal(ExitCode.Refused, exception.ExitCode);
        Assert.Equal([5, 10], Seconds());
    }

    [Fact]
    public async Task An_issuer_without_the_flow_is_told_apart()
    {
        using var http = new HttpClient(new StubHandler(_ => throw new InvalidOperationException()));
        var flow = new DeviceFlow(new OAuthClient(http, _time), _time);
        var exception = await Assert.ThrowsAsync<CliException>(
            () => flow.RunAsync(Metadata with { DeviceAuthorizationEndpoint = null }, Client, [], _prompts.Add, TestContext.Current.CancellationToken));
        Assert.Contains("--client-secret-file", exception.Remedy);
    }

    private static string Device(int interval, int life = 600) =>
        $$"""
        {"device_code":"d","user_code":"WDJB-MJHT","verification_uri":"https://i.example/go","verification_uri_complete":"https://i.example/go?c=WDJB-MJHT",
        "expires_in":{{life}},"interval":{{interval}}}
        """;

    private IEnumerable<int> Seconds() => _pollTimes.Select(time => (int)time.TotalSeconds);

    /// <summary>Runs the flow against an issuer that gives these answers to the polls in turn; an empty answer is a lost connection.</summary>
    private async Task<TokenDocument> RunAsync(string device, params string[] polls)
    {
        var started = _time.GetUtcNow();
        var next = 0;
        using var http = new HttpClient(new StubHandler(request =>
        {
            if (request.Uri.EndsWith("/device", StringComparison.Ordinal))
            {
                Assert.Equal("scope=sallyport&client_id=cli", request.Body);
                return new StubAnswer(HttpStatusCode.OK, device);
            }

            Assert.Contains("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&device_code=d&client_id=cli", request.Body);
            _pollTimes.Add(_time.GetUtcNow() - started);
            var poll = polls[next++];
            return poll.Length == 0
                ? throw new HttpRequestException("lost")
                : new StubAnswer(poll.Contains("error", StringComparison.Ordinal) ? HttpStatusCode.BadRequest : HttpStatusCode.OK, poll);
        }));
        var flow = new DeviceFlow(new OAuthClient(http, _time), _time);
        var running = flow.RunAsync(Metadata, Client, [new("scope", "sallyport")], _prompts.Add, TestContext.Current.CancellationToken);
        while (!running.IsCompleted)
        {
            // Requests are answered at once, so the one timer left is the wait before the next poll.
            if (_time.PendingTimers == 1)
            {
                _time.Advance(TimeSpan.FromSeconds(1));
            }

            await Task.Yield();
        }

        return await running;
    }
}
