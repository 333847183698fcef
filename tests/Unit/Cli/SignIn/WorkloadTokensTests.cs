using Sallyport.Cli;
using Sallyport.Cli.SignIn;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Cli.SignIn;

public sealed class WorkloadTokensTests : IAsyncLifetime
{
    private static readonly ExchangeSource Pipeline = new() { TokenEndpoint = "https://g.example/oauth/token", Workload = WorkloadKind.Pipeline, WorkloadAudience = "gate way" };

    private readonly CliRun _cli = new();
    private FakeServer _service = null!;

    public async ValueTask InitializeAsync() => _service = await FakeServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        _cli.Dispose();
        await _service.DisposeAsync();
    }

    [Fact]
    public async Task A_GitHub_job_asks_its_own_service_for_the_gateways_audience()
    {
        _cli.Variables["ACTIONS_ID_TOKEN_REQUEST_URL"] = _service.Address.AbsoluteUri + "idtoken?api-version=2.0";
        _cli.Variables["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] = "job-secret";
        _service.AnswerJson("""{"count": 1, "value": "a.b.c"}""");
        Assert.Equal("a.b.c", await GetAsync(Pipeline));
        Assert.Equal(("GET /idtoken?api-version=2.0&audience=gate%20way", "Bearer job-secret"), (_service.Only.Line, _service.Only.Authorization));
    }

    [Theory]
    [InlineData(403, "{}", ExitCode.Refused)]
    [InlineData(200, "{}", ExitCode.Malformed)]
    [InlineData(200, "nonsense", ExitCode.Unreachable)]
    public async Task A_service_that_gives_no_token_is_a_failure(int status, string body, int exitCode)
    {
        _cli.Variables["ACTIONS_ID_TOKEN_REQUEST_URL"] = _service.Address.AbsoluteUri;
        _cli.Variables["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] = "job-secret";
        _service.AnswerJson(body, status);
        var failure = await Assert.ThrowsAsync<CliException>(() => GetAsync(Pipeline));
        Assert.Equal(exitCode, failure.ExitCode);
        Assert.DoesNotContain("job-secret", failure.ToString());
    }

    [Fact]
    public async Task The_address_of_a_service_must_be_safe()
    {
        _cli.Variables["ACTIONS_ID_TOKEN_REQUEST_URL"] = "http://ci.example/";
        _cli.Variables["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] = "job-secret";
        Assert.Equal(ExitCode.Usage, (await Assert.ThrowsAsync<CliException>(() => GetAsync(Pipeline))).ExitCode);
    }

    [Fact]
    public async Task A_GitLab_job_finds_its_token_in_a_variable()
    {
        _cli.Variables[WorkloadTokens.PipelineVariable] = " a.b.c\n";
        Assert.Equal("a.b.c", await GetAsync(Pipeline));
    }

    [Fact]
    public async Task Outside_of_a_pipeline_it_is_said_how_to_get_an_identity()
    {
        var failure = await Assert.ThrowsAsync<CliException>(() => GetAsync(Pipeline));
        Assert.Equal(ExitCode.Refused, failure.ExitCode);
        Assert.Contains("id-token: write", failure.Remedy);
    }

    [Fact]
    public async Task A_token_in_a_file_is_read_each_time()
    {
        var file = Path.Combine(_cli.Home, "token");
        var source = Pipeline with { Workload = WorkloadKind.Spiffe, WorkloadFile = file };
        Assert.Equal(ExitCode.Refused, (await Assert.ThrowsAsync<CliException>(() => GetAsync(source))).ExitCode);
        await File.WriteAllTextAsync(file, "a.b.c\n", TestContext.Current.CancellationToken);
        Assert.Equal("a.b.c", await GetAsync(source));
        await File.WriteAllTextAsync(file, "two words", TestContext.Current.CancellationToken);
        Assert.Equal(ExitCode.Malformed, (await Assert.ThrowsAsync<CliException>(() => GetAsync(source))).ExitCode);
    }

    private Task<string> GetAsync(ExchangeSource source) => new WorkloadTokens(_cli.Surroundings).GetAsync(source, TestContext.Current.CancellationToken);
}
