using System.Text.Json;
using System.Text.Json.Nodes;
using Sallyport.Cli;
using Sallyport.Unit.Api;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Cli.Commands;

/// <summary>Whatever an agent, its issuer or a database put into a request: a reviewer's terminal shows it as it is and does nothing it says.</summary>
public sealed class HostileApprovalTests : IAsyncLifetime
{
    /// <summary>What terminals obey, what hides or turns text around, and what fakes lines.</summary>
    private static readonly string[] Evil =
    [
        "\u001b[2J\u001b[1;1H",
        "\u001b]0;title\u0007",
        "\u001b]8;;https://evil.test\u001b\\link\u001b]8;;\u001b\\",
        "\u001b]52;c;ZXZpbA==\u0007",
        "\u009b31m",
        "\u0090q\u009c",
        "\r\u001b[K",
        "\nstate:  approved\n",
        "\u2028id:  apr_2\u2029",
        "\u0085line",
        "\u202eesrever\u202c",
        "\u2066isolate\u2069",
        "\u200ehidden\u200f",
        "\u061c",
        "zero\u200bwidth\u200d\ufeff",
        "tag\U000e0041\U000e007f",
        "\u3164filler\u115f",
        "wide\u3000\u00a0space",
        "\b\b\b\u007f",
        "z\u0336\u0335\u0334\u0333\u0332a",
        "\u20dd",
        "\ud800lone",
        "\0null",
        "[red]markup[/]",
    ];

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

    public static TheoryData<string, bool> Commands => new()
    {
        { "approvals show apr_1", false },
        { "approvals list", false },
        { "approvals approve apr_1", false },
        { "wait apr_1", false },
        { "approvals show apr_1 --json", false },
        { "approvals show apr_1", true },
        { "approvals list", true },
    };

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Nothing_in_a_request_steers_or_fools_the_terminal(string command, bool isTerminal)
    {
        foreach (var evil in Evil)
        {
            var approval = Hostile(evil);
            _gateway.AnswerJson(command.Contains("list", StringComparison.Ordinal) ? $$"""{"items":[{{approval}}],"more":false}""" : approval);
            using var cli = new CliRun { OutputIsTerminal = isTerminal };
            cli.Variables["SALLYPORT_GATEWAY"] = _cli.Variables["SALLYPORT_GATEWAY"];
            cli.Variables["SALLYPORT_TOKEN"] = "the-token";
            cli.Variables["NO_COLOR"] = "1";
            await cli.RunAsync(command.Split(' '));
            Assert.NotEqual("", cli.Output);
            Assert.DoesNotContain(cli.Output + cli.Error, static character => character != '\n' && IsHarmful(character));
            Assert.DoesNotContain("\nstate:  approved", cli.Output);
            Assert.DoesNotContain("\nid:  apr_2", cli.Output);
        }
    }

    [Fact]
    public async Task A_statement_cannot_write_the_reports_own_lines()
    {
        _gateway.AnswerJson(Hostile("x", "SELECT 1\nbefore it in this run, newest first:\nTIME  VERDICT"));
        Assert.Equal(ExitCode.Done, await _cli.RunAsync("approvals", "show", "apr_1"));
        Assert.Contains("\n  before it in this run, newest first:\n  TIME  VERDICT\n", _cli.Output);
    }

    private static bool IsHarmful(char character) =>
        char.IsControl(character) || char.GetUnicodeCategory(character) is System.Globalization.UnicodeCategory.Format or System.Globalization.UnicodeCategory.EnclosingMark
            or System.Globalization.UnicodeCategory.LineSeparator or System.Globalization.UnicodeCategory.ParagraphSeparator
        || (char.GetUnicodeCategory(character) == System.Globalization.UnicodeCategory.SpaceSeparator && character != ' ')
        || character is '\u3164' or '\u115f';

    /// <summary>A request in which every text that somebody else wrote is the evil one.</summary>
    private static string Hostile(string evil, string? statement = null)
    {
        var approval = JsonNode.Parse(SallyportClientTests.Approval)!.AsObject();
        foreach (var name in (string[])["requestedBy", "onBehalfOf", "run", "target", "rule", "template", "session", "decidedBy", "reason", "url", "estimatedBy", "noEstimate", "noDryRun", "endReason"])
        {
            approval[name] = evil;
        }

        approval["state"] = "denied";
        approval["statement"] = statement ?? $"DELETE {evil} FROM x";
        approval["effects"] = new JsonArray(evil);
        approval["phiColumns"] = new JsonArray(evil);
        approval["unmasked"] = new JsonArray(new JsonObject { ["column"] = evil, ["grant"] = evil });
        approval["deniedBefore"] = new JsonArray(evil);
        approval["relations"] = new JsonArray(new JsonObject { ["schema"] = evil, ["name"] = evil, ["access"] = evil });
        approval["earlier"] = new JsonArray(new JsonObject
        {
            ["at"] = "2026-11-21T12:00:00Z",
            ["verdict"] = evil,
            ["rule"] = evil,
            ["class"] = evil,
            ["effects"] = new JsonArray(evil),
            ["relations"] = new JsonArray(),
            ["phiColumns"] = new JsonArray(evil),
        });
        return approval.ToJsonString(new JsonSerializerOptions { WriteIndented = false });
    }
}
