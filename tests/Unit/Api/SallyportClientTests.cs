using System.Net;
using Microsoft.AspNetCore.Http;
using Sallyport.Api;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Api;

public sealed class SallyportClientTests : IAsyncLifetime
{
    internal const string Approval = """
        {"id":"apr_1","state":"pending","requestedBy":"agent-reporting","kind":"agent","onBehalfOf":"dana","run":"run-7","target":"clinic","rule":"writes",
        "class":"write","effects":["update"],"relations":[{"schema":"clinic","name":"patients","access":"write"}],"phiColumns":["clinic.patients.mrn"],
        "template":"UPDATE clinic.patients SET active = $1:bool WHERE id = $2:int4","session":"ses_1","requestedAt":"2026-11-21T12:00:00Z",
        "expiresAt":"2026-11-21T12:15:00Z","url":"https://gateway.clinic.example/approvals/apr_1"}
        """;

    internal const string Session = """
        {"id":"ses_1","target":"clinic","principal":"agent-reporting","kind":"agent","onBehalfOf":"dana","run":"run-7","startedAt":"2026-11-21T12:00:00Z",
        "client":"10.0.0.7:51514","statements":12,"denied":1,"rows":340,"maskedCells":680,"firstIndex":41,"lastIndex":67}
        """;

    private readonly HttpClient _http = new() { Timeout = Timeout.InfiniteTimeSpan };
    private FakeServer _server = null!;
    private SallyportClient _client = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await FakeServer.StartAsync();
        _http.BaseAddress = _server.Address;
        _client = new SallyportClient(_http, _ => ValueTask.FromResult("the-token"));
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task The_caller_is_read_with_the_bearer_token()
    {
        _server.AnswerJson("""{"id":"p1","kind":"human","name":"dana","issuer":"https://i","groups":["g"],"roles":["reviewer"],"expiresAt":"2026-11-21T13:00:00Z"}""");
        var me = await _client.GetMeAsync(Token);
        Assert.Equal((CallerKind.Human, "dana", "reviewer"), (me.Kind, me.Name, Assert.Single(me.Roles)));
        Assert.Equal(("GET /api/v1/me", "Bearer the-token"), (_server.Only.Line, _server.Only.Authorization));
    }

    [Fact]
    public async Task Approvals_are_listed_by_state_and_limit()
    {
        _server.AnswerJson($$"""{"items":[{{Approval}}],"more":true}""");
        var page = await _client.ListApprovalsAsync(ApprovalState.Pending, 7, Token);
        Assert.True(page.More);
        Assert.Equal("clinic.patients.mrn", Assert.Single(Assert.Single(page.Items).PhiColumns));
        Assert.Equal("GET /api/v1/approvals?state=pending&limit=7", _server.Only.Line);
    }

    [Fact]
    public async Task An_approval_is_read_waited_for_and_decided()
    {
        _server.AnswerJson(Approval);
        Assert.Equal(new RelationResource("clinic", "patients", "write"), Assert.Single((await _client.GetApprovalAsync("apr_1", Token)).Relations));
        await _client.WaitForApprovalAsync("apr_1", 30, Token);
        await _client.ApproveAsync("apr_1", new ApproveRequest("fine"), Token);
        await _client.ApproveAsync("apr_1", new ApproveRequest(), Token);
        await _client.DenyAsync("apr_1", new DenyRequest("no"), Token);
        Assert.Equal(
            [
                ("GET /api/v1/approvals/apr_1", ""),
                ("GET /api/v1/approvals/apr_1/wait?timeoutSeconds=30", ""),
                ("POST /api/v1/approvals/apr_1/approve", """{"reason":"fine"}"""),
                ("POST /api/v1/approvals/apr_1/approve", "{}"),
                ("POST /api/v1/approvals/apr_1/deny", """{"reason":"no"}"""),
            ],
            _server.Requests.Select(request => (request.Line, request.Body)));
    }

    [Fact]
    public async Task Sessions_are_listed_read_and_killed()
    {
        _server.Answer = context => FakeServer.WriteAsync(context, context.Request.Query.Count > 0 ? $$"""{"items":[{{Session}}],"next":"c 2"}""" : Session);
        Assert.Equal("c 2", (await _client.ListSessionsAsync(SessionState.Live, 5, "c&1", Token)).Next);
        Assert.Equal(67, (await _client.GetSessionAsync("ses_1", Token)).LastIndex);
        await _client.KillSessionAsync("ses_1", new KillRequest("runaway"), Token);
        Assert.Equal(
            [
                ("GET /api/v1/sessions?state=live&limit=5&before=c%261", ""),
                ("GET /api/v1/sessions/ses_1", ""),
                ("POST /api/v1/sessions/ses_1/kill", """{"reason":"runaway"}"""),
            ],
            _server.Requests.Select(request => (request.Line, request.Body)));
    }

    [Fact]
    public async Task A_bundle_is_copied_byte_for_byte()
    {
        var bundle = Enumerable.Range(0, 300_000).Select(i => (byte)i).ToArray();
        _server.Answer = async context =>
        {
            context.Response.ContentType = "application/zip";
            await context.Response.Body.WriteAsync(bundle);
        };
        using var destination = new MemoryStream();
        var request = new ExportRequest { From = new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero), To = new DateTimeOffset(2026, 12, 1, 0, 0, 0, TimeSpan.Zero) };
        Assert.Equal(bundle.Length, await _client.ExportEvidenceAsync(request, destination, null, Token));
        Assert.Equal(bundle, destination.ToArray());
        Assert.Equal("POST /api/v1/evidence/exports", _server.Only.Line);
        Assert.Equal("""{"from":"2026-11-01T00:00:00+00:00","to":"2026-12-01T00:00:00+00:00"}""", _server.Only.Body);
    }

    [Fact]
    public async Task A_bundle_beyond_the_limit_or_of_another_type_is_refused()
    {
        var small = new SallyportClient(_http, null, new SallyportClientOptions { MaxExportBytes = 10 });
        _server.AnswerJson("01234567890", type: "application/zip");
        Assert.Equal(ApiFailure.UnexpectedAnswer, (await FailureOf(() => small.ExportEvidenceAsync(new ExportRequest(), Stream.Null, null, Token))).Failure);
        _server.AnswerJson("{}");
        Assert.Equal(ApiFailure.UnexpectedAnswer, (await FailureOf(() => small.ExportEvidenceAsync(new ExportRequest(), Stream.Null, null, Token))).Failure);
    }

    [Fact]
    public async Task The_key_and_the_checkpoint_are_read()
    {
        _server.Answer = context => context.Request.Path.Value!.EndsWith("/key", StringComparison.Ordinal)
            ? FakeServer.WriteAsync(context, """{"origin":"gateway.clinic.example","verifierKey":"gateway.clinic.example+1+A"}""")
            : FakeServer.WriteAsync(context, "gateway.clinic.example\n3\nroot\n", type: "text/plain");
        Assert.Equal("gateway.clinic.example+1+A", (await _client.GetLedgerKeyAsync(Token)).VerifierKey);
        Assert.Equal("gateway.clinic.example\n3\nroot\n", await _client.GetLedgerCheckpointAsync(Token));
    }

    [Theory]
    [InlineData(HttpStatusCode.Unauthorized, ApiFailure.Unauthenticated)]
    [InlineData(HttpStatusCode.Forbidden, ApiFailure.Refused)]
    [InlineData(HttpStatusCode.NotFound, ApiFailure.NotFound)]
    [InlineData(HttpStatusCode.Conflict, ApiFailure.Conflict)]
    [InlineData(HttpStatusCode.BadRequest, ApiFailure.InvalidRequest)]
    [InlineData(HttpStatusCode.TooManyRequests, ApiFailure.Unavailable)]
    [InlineData(HttpStatusCode.ServiceUnavailable, ApiFailure.Unavailable)]
    public async Task A_problem_keeps_the_gateways_words_and_remedy(HttpStatusCode status, ApiFailure failure)
    {
        _server.AnswerJson(
            """{"type":"https://x/self","title":"Not yours","status":999,"detail":"You asked for it yourself.","remedy":"Ask another reviewer."}""",
            (int)status,
            ApiProblem.MediaType);
        var exception = await FailureOf(() => _client.GetMeAsync(Token));
        Assert.Equal((failure, "You asked for it yourself.", "Ask another reviewer."), (exception.Failure, exception.Message, exception.Remedy));
        Assert.Equal((int)status, exception.Problem!.Status);
    }

    [Theory]
    [InlineData(502, "<html>bad gateway</html>", "text/html", ApiFailure.Unavailable)]
    [InlineData(302, "", "text/html", ApiFailure.UnexpectedAnswer)]
    [InlineData(200, "<html>", "text/html", ApiFailure.UnexpectedAnswer)]
    [InlineData(200, "null", "application/json", ApiFailure.UnexpectedAnswer)]
    [InlineData(200, "{\"id\":\"p\"}", "application/json", ApiFailure.UnexpectedAnswer)]
    [InlineData(200, "{\"id\":null,\"kind\":\"human\",\"name\":\"d\",\"issuer\":\"i\",\"expiresAt\":\"2026-11-21T13:00:00Z\"}", "application/json", ApiFailure.UnexpectedAnswer)]
    [InlineData(200, "{\"id\":\"p\",\"kind\":1,\"name\":\"d\",\"issuer\":\"i\",\"expiresAt\":\"2026-11-21T13:00:00Z\"}", "application/json", ApiFailure.UnexpectedAnswer)]
    [InlineData(500, "{}", "application/problem+json", ApiFailure.UnexpectedAnswer)]
    public async Task An_answer_that_is_not_this_api_is_a_failure(int status, string body, string type, ApiFailure failure)
    {
        _server.AnswerJson(body, status, type);
        Assert.Equal(failure, (await FailureOf(() => _client.GetMeAsync(Token))).Failure);
    }

    [Fact]
    public async Task An_answer_without_end_is_cut()
    {
        _server.Answer = async context =>
        {
            context.Response.ContentType = "application/json";
            var chunk = new byte[64 * 1024];
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.Body.WriteAsync(chunk);
            }
        };
        Assert.Equal(ApiFailure.UnexpectedAnswer, (await FailureOf(() => _client.GetMeAsync(Token))).Failure);
    }

    [Fact]
    public async Task An_answer_cut_short_is_unreachable()
    {
        _server.Answer = async context =>
        {
            context.Response.ContentLength = 1000;
            await context.Response.WriteAsync("{");
            context.Abort();
        };
        Assert.Equal(ApiFailure.Unreachable, (await FailureOf(() => _client.GetMeAsync(Token))).Failure);
    }

    [Fact]
    public async Task Nobody_listening_is_unreachable()
    {
        await _server.DisposeAsync();
        var exception = await FailureOf(() => _client.GetMeAsync(Token));
        Assert.Equal(ApiFailure.Unreachable, exception.Failure);
        Assert.Contains("--gateway", exception.Remedy);
    }

    [Fact]
    public async Task A_silent_gateway_is_unreachable_after_the_time_limit()
    {
        var time = new ManualTime();
        var asked = new TaskCompletionSource();
        _server.Answer = async context =>
        {
            asked.SetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        };
        var client = new SallyportClient(_http, null, new SallyportClientOptions { TimeProvider = time, RequestTimeout = TimeSpan.FromSeconds(30) });
        var waiting = FailureOf(() => client.WaitForApprovalAsync("apr_1", 60, Token));
        await asked.Task;
        time.Advance(TimeSpan.FromSeconds(89));
        Assert.False(waiting.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(ApiFailure.Unreachable, (await waiting).Failure);
    }

    [Fact]
    public async Task A_callers_own_cancellation_stays_a_cancellation()
    {
        using var stop = new CancellationTokenSource();
        _server.Answer = async context =>
        {
            await stop.CancelAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _client.GetMeAsync(stop.Token));
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("a?b")]
    [InlineData("a%2fb")]
    public async Task An_id_cannot_name_another_path(string id)
    {
        Assert.Equal(ApiFailure.InvalidRequest, (await FailureOf(() => _client.GetApprovalAsync(id, Token))).Failure);
        Assert.Empty(_server.Requests);
    }

    private static async Task<ApiException> FailureOf(Func<Task> request) => await Assert.ThrowsAsync<ApiException>(request);
}
