using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Sallyport.Api;
using Sallyport.Cli;
using Sallyport.Unit.Api;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Cli.Commands;

/// <summary>The commands that talk to a gateway, against a real HTTP server.</summary>
public sealed class GatewayCommandTests : IAsyncLifetime
{
    private const string Approval = SallyportClientTests.Approval;
    private const string Session = SallyportClientTests.Session;

    private readonly CliRun _cli = new();
    private FakeServer _gateway = null!;

    public async ValueTask InitializeAsync()
    {
        _gateway = await FakeServer.StartAsync();
        _cli.Variables["SALLYPORT_GATEWAY"] = _gateway.Address.AbsoluteUri;
        _cli.Variables["SALLYPORT_TOKEN"] = "the-token";
    }

    public async ValueTask DisposeAsync()
    {
        _cli.Dispose();
        await _gateway.DisposeAsync();
    }

    [Fact]
    public async Task Approvals_are_listed_in_plain_columns_for_a_pipe()
    {
        _gateway.AnswerJson($$"""{"items":[{{Approval}}],"more":true}""");
        Assert.Equal(ExitCode.Done, await _cli.RunAsync("approvals", "list"));
        Assert.Equal(
            """
            ID     STATE    REQUESTED BY              TARGET  CLASS  EFFECTS  RULE    REQUESTED             EXPIRES
            apr_1  pending  agent-reporting for dana  clinic  write  update   writes  2026-11-21 12:00:00Z  2026-11-21 12:15:00Z

            """,
            _cli.Output);
        Assert.Equal("There are more; raise --limit.\n", _cli.Error);
        Assert.Equal(("GET /api/v1/approvals?state=pending&limit=50", "Bearer the-token"), (_gateway.Only.Line, _gateway.Only.Authorization));
    }

    [Fact]
    public async Task No_approvals_are_an_empty_answer_and_a_note()
    {
        _gateway.AnswerJson("""{"items":[],"more":false}""");
        Assert.Equal(ExitCode.Done, await _cli.RunAsync("approvals", "list", "--state", "all"));
        Assert.Equal(("", "No approval requests.\n"), (_cli.Output, _cli.Error));
        Assert.Equal("GET /api/v1/approvals?limit=50", _gateway.Only.Line);
    }

    [Fact]
    public async Task Json_is_the_apis_own_object()
    {
        _gateway.AnswerJson($$"""{"items":[{{Approval}}],"more":false}""");
        Assert.Equal(ExitCode.Done, await _cli.RunAsync("approvals", "list", "--json"));
        var page = JsonSerializer.Deserialize(_cli.Output, ApiJson.Default.ApprovalPage);
        Assert.Equal("apr_1", Assert.Single(page!.Items).Id);
    }

    [Fact]
    public async Task An_approval_is_shown_whole()
    {
        _gateway.AnswerJson(Approval);
        Assert.Equal(ExitCode.Done, await _cli.RunAsync("approvals", "show", "apr_1"));
        Assert.Equal(
            """
            id:                   apr_1
            state:                pending
            requested by:         agent-reporting for dana
            kind:                 agent
            run:                  run-7
            session:              ses_1
            target:               clinic
            rule:                 writes
            class:                write
            effects:              update
            relations:            clinic.patients (write)
            PHI columns:          clinic.patients.mrn
            requested at:         2026-11-21 12:00:00Z
            expires at:           2026-11-21 12:15:00Z
            may be approved for:  this command once
            page:                 https://gateway.clinic.example/approvals/apr_1
            template (literals removed; the exact statement is shown only while it is held, and only to those who may decide):
              UPDATE clinic.patients SET active = $1:bool WHERE id = $2:int4

            """,
            _cli.Output);
    }

    [Theory]
    [InlineData("\"estimatedRows\":12345,\"estimatedBy\":\"Update on t by Seq Scan\"", "estimated rows:       about 12,345 (Update on t by Seq Scan)")]
    [InlineData("\"unmasked\":[{\"column\":\"clinic.patients.mrn\",\"grant\":\"gr_1\"}]", "reads in clear:       clinic.patients.mrn (grant gr_1)")]
    [InlineData("\"dryRunRows\":1200", "dry run:              1,200 rows, rolled back")]
    [InlineData("\"noDryRun\":\"it is no write\"", "dry run:              none: it is no write")]
    [InlineData("\"noEstimate\":\"tokens stand among its parameters\"", "estimated rows:       no estimate: tokens stand among its parameters")]
    [InlineData(
        "\"rewordedFrom\":{\"record\":7,\"rule\":\"no\",\"at\":\"2026-11-21T12:00:00Z\",\"sameTemplate\":false}",
        "reworded from:        a command refused by policy (record 7) (rule no, 2026-11-21 12:00:00Z): the text was changed")]
    [InlineData(
        "\"rewordedFrom\":{\"approval\":\"apr_0\",\"rule\":\"no\",\"at\":\"2026-11-21T12:00:00Z\",\"sameTemplate\":true}",
        "reworded from:        apr_0, denied by a person (rule no, 2026-11-21 12:00:00Z): the same statement, perhaps with other constants")]
    public async Task What_a_reviewer_is_told_about_a_request_is_shown(string members, string line)
    {
        _gateway.AnswerJson(Approval.Replace("\"session\"", members + ",\"session\"", StringComparison.Ordinal));
        Assert.Equal(ExitCode.Done, await _cli.RunAsync("approvals", "show", "apr_1"));
        Assert.Contains(line + "\n", _cli.Output);
    }

    [Fact]
    public async Task A_statement_cannot_draw_on_the_reviewers_terminal()
    {
        _gateway.AnswerJson(Approval.Replace("\"session\"", "\"statement\":\"DELETE\\u001b[1A\\nFROM x -- \\u202eharmless\",\"session\"", StringComparison.Ordinal));
        Assert.Equal(ExitCode.Done, await _cli.RunAsync("approvals", "show", "apr_1"));
        Assert.EndsWith("statement:\n  DELETE\\u{1b}[1A\n  FROM x -- \\u{202e}harmless\n", _cli.Output);
    }

    [Fact]
    public async Task Approving_and_denying_send_the_reason()
    {
        _gateway.Answer = context => FakeServer.WriteAsync(context, Decided(context.Request.Path.Value!.EndsWith("approve", StringComparison.Ordinal) ? "approved" : "denied"));
        Assert.Equal(ExitCode.Done, await _cli.RunAsync("approvals", "approve", "apr_1", "--reason", "@ticket"));
        Assert.Equal("apr_1 approved by dana: fine\n", _cli.Output);
        Assert.Equal(ExitCode.Done, await _cli.RunAsync("approvals", "approve", "apr_1"));
        Assert.Equal(ExitCode.Done, await _cli.RunAsync("approvals", "deny", "apr_1", "--reason", "no"));
        Assert.Equal("apr_1 denied by dana: fine\n", _cli.Output);
        Assert.Equal(["{\"reason\":\"@ticket\"}", "{}", "{\"reason\":\"no\"}"], _gateway.Requests.Select(request => request.Body));
    }

    [Theory]
    [InlineData("approved", ExitCode.Done)]
    [InlineData("used", ExitCode.Done)]
    [InlineData("denied", ExitCode.No)]
    [InlineData("expired", ExitCode.No)]
    public async Task Waiting_ends_with_the_decision(string state, int code)
    {
        _gateway.Answer = context => FakeServer.WriteAsync(context, context.Request.Path.Value!.EndsWith("wait", StringComparison.Ordinal) ? Decided(state) : Approval);
        Assert.Equal(code, await _cli.RunAsync("wait", "apr_1", "--timeout", "10m"));
        Assert.StartsWith("apr_1 ", _cli.Output);
        Assert.Equal(["GET /api/v1/approvals/apr_1", "GET /api/v1/approvals/apr_1/wait?timeoutSeconds=60"], _gateway.Requests.Select(request => request.Line));
    }

    [Fact]
    public async Task Waiting_for_nothing_tells_the_state_of_now()
    {
        _gateway.AnswerJson(Approval);
        Assert.Equal(ExitCode.StillPending, await _cli.RunAsync("approvals", "wait", "apr_1", "--timeout", "0s"));
        Assert.Equal("apr_1 is still pending: https://gateway.clinic.example/approvals/apr_1\n", _cli.Output);
    }

    [Fact]
    public async Task Waiting_outlives_a_restart_of_the_gateway()
    {
        var time = new ManualTime();
        using var cli = new CliRun { Time = time };
        cli.Variables["SALLYPORT_GATEWAY"] = _gateway.Address.AbsoluteUri;
        cli.Variables["SALLYPORT_TOKEN"] = "the-token";
        _gateway.Answer = context => _gateway.Requests.Count switch
        {
            1 => FakeServer.WriteAsync(context, Approval),
            2 => FakeServer.WriteAsync(context, "", 503),
            _ => FakeServer.WriteAsync(context, Decided("approved")),
        };
        var waiting = cli.RunAsync("wait", "apr_1", "--timeout", "5m");
        await cli.FirstNote;
        await time.AdvanceWhenWaitingAsync(TimeSpan.FromSeconds(2));
        Assert.Equal(ExitCode.Done, await waiting);
        Assert.Contains("Still waiting.", cli.Error);
    }

    [Fact]
    public async Task Sessions_are_listed_shown_and_killed()
    {
        _gateway.Answer = context => FakeServer.WriteAsync(context, context.Request.Query.Count > 0 ? $$"""{"items":[{{Session}}],"next":"41"}""" : Session);
        Assert.Equal(ExitCode.Done, await _cli.RunAsync("sessions", "list", "--state", "live", "--before", "99"));
        Assert.Equal(
            """
            ID     TARGET  PRINCIPAL                 STARTED               ENDED  STATEMENTS  DENIED  ROWS  MASKED CELLS
            ses_1  clinic  agent-reporting for dana  2026-11-21 12:00:00Z  live   12          1       340   680

            """,
            _cli.Output);
        Assert.Equal("There are more: --before 41\n", _cli.Error);
        Assert.Equal(ExitCode.Done, await _cli.RunAsync("sessions", "show", "ses_1"));
        Assert.Contains("records:       41 to 67\n", _cli.Output);
        Assert.Equal(ExitCode.Done, await _cli.RunAsync("sessions", "kill", "ses_1", "--reason", "runaway"));
        Assert.Equal("ses_1 is ended.\n", _cli.Output);
        Assert.Equal("{\"reason\":\"runaway\"}", _gateway.Requests.Last().Body);
    }

    [Fact]
    public async Task A_run_is_ended_with_a_reason()
    {
        _gateway.AnswerJson("""{"sessions":2}""");
        Assert.Equal(ExitCode.Done, await _cli.RunAsync("runs", "kill", "run-7", "--reason", "runaway"));
        Assert.Equal("The run is over; 2 live sessions were ended.\n", _cli.Output);
        Assert.Equal("{\"run\":\"run-7\",\"reason\":\"runaway\"}", _gateway.Requests.Last().Body);
        Assert.NotEqual(ExitCode.Done, await _cli.RunAsync("runs", "kill", "run-7"));
    }

    [Fact]
    public async Task The_caller_and_the_key_are_shown()
    {
        _gateway.AnswerJson("""{"id":"p1","kind":"human","name":"dana","issuer":"https://i","roles":["reviewer","auditor"],"expiresAt":"2026-11-21T13:00:00Z"}""");
        Assert.Equal(ExitCode.Done, await _cli.RunAsync("whoami"));
        Assert.Equal("name:    dana\nkind:    human\nroles:   reviewer, auditor\nissuer:  https://i\nid:      p1\nuntil:   2026-11-21 13:00:00Z\n", _cli.Output);
        _gateway.AnswerJson("""{"origin":"o","verifierKey":"o+1+A"}""");
        Assert.Equal(ExitCode.Done, await _cli.RunAsync("ledger", "key"));
        Assert.Equal("o+1+A\n", _cli.Output);
    }

    [Fact]
    public async Task A_bundle_appears_whole_and_for_its_owner_only()
    {
        _gateway.AnswerJson("PK-bundle", type: "application/zip");
        var path = Path.Combine(_cli.Home, "bundle.zip");
        Assert.Equal(ExitCode.Done, await _cli.RunAsync("evidence", "export", "--session", "ses_1", "--out", path));
        Assert.Equal($"{path}: 9 bytes.\n", _cli.Output);
        Assert.Equal("PK-bundle", await File.ReadAllTextAsync(path));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        Assert.Equal("{\"session\":\"ses_1\"}", _gateway.Only.Body);
    }

    [Fact]
    public async Task A_bundle_that_exists_is_not_replaced_unless_told()
    {
        _gateway.AnswerJson("new", type: "application/zip");
        var path = Path.Combine(_cli.Home, "bundle.zip");
        await File.WriteAllTextAsync(path, "old");
        Assert.Equal(ExitCode.Failed, await _cli.RunAsync("evidence", "export", "--session", "ses_1", "--out", path));
        Assert.Equal("old", await File.ReadAllTextAsync(path));
        Assert.Equal(ExitCode.Done, await _cli.RunAsync("evidence", "export", "--session", "ses_1", "--out", path, "--force", "--json"));
        Assert.Equal("new", await File.ReadAllTextAsync(path));
        Assert.Contains("\"bytes\": 3", _cli.Output);
    }

    [Fact]
    public async Task A_bundle_cut_short_leaves_nothing_behind()
    {
        _gateway.Answer = async context =>
        {
            context.Response.ContentType = "application/zip";
            context.Response.ContentLength = 1000;
            await context.Response.WriteAsync("PK");
            context.Abort();
        };
        Assert.Equal(ExitCode.Unreachable, await _cli.RunAsync("evidence", "export", "--session", "ses_1", "--out", Path.Combine(_cli.Home, "bundle.zip")));
        Assert.Empty(Directory.GetFiles(_cli.Home));
    }

    [Theory]
    [InlineData(401, ExitCode.Refused)]
    [InlineData(403, ExitCode.Refused)]
    [InlineData(404, ExitCode.Failed)]
    [InlineData(409, ExitCode.Failed)]
    [InlineData(422, ExitCode.Failed)]
    [InlineData(503, ExitCode.Unreachable)]
    public async Task A_refusal_is_one_sentence_a_remedy_and_an_exit_code(int status, int code)
    {
        _gateway.AnswerJson($$"""{"title":"No","status":{{status}},"detail":"It is yours.\u001b","remedy":"Ask somebody else."}""", status, ApiProblem.MediaType);
        Assert.Equal(code, await _cli.RunAsync("approvals", "approve", "apr_1"));
        Assert.Equal(("", "sallyport: It is yours.\\u{1b} Ask somebody else.\n"), (_cli.Output, _cli.Error));
        Assert.Equal(code, await _cli.RunAsync("approvals", "approve", "apr_1", "--json"));
        Assert.Contains($"\"exitCode\": {code}", _cli.Error);
    }

    [Fact]
    public async Task Nobody_listening_has_its_own_exit_code()
    {
        await _gateway.DisposeAsync();
        Assert.Equal(ExitCode.Unreachable, await _cli.RunAsync("whoami"));
        Assert.DoesNotContain("the-token", _cli.Error);
    }

    [Fact]
    public async Task A_terminal_gets_a_drawn_table()
    {
        using var cli = new CliRun { OutputIsTerminal = true };
        cli.Variables["SALLYPORT_GATEWAY"] = _gateway.Address.AbsoluteUri;
        cli.Variables["SALLYPORT_TOKEN"] = "the-token";
        cli.Variables["NO_COLOR"] = "1";
        _gateway.AnswerJson($$"""{"items":[{{Approval}}],"more":false}""");
        Assert.Equal(ExitCode.Done, await cli.RunAsync("approvals", "list"));
        Assert.Contains("│", cli.Output);
        Assert.DoesNotContain("\u001b", cli.Output);
    }

    private static string Decided(string state) =>
        Approval.Replace("\"pending\"", $"\"{state}\"", StringComparison.Ordinal).Replace("\"session\"", "\"decidedBy\":\"dana\",\"reason\":\"fine\",\"session\"", StringComparison.Ordinal);
}
