using Sallyport.Cli;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Cli;

public sealed class CommandLineTests : IDisposable
{
    private readonly CliRun _cli = new();

    public void Dispose() => _cli.Dispose();

    [Theory]
    [InlineData("nonsense", "`sallyport` does not know `nonsense`. Run `sallyport --help`.")]
    [InlineData("approvals nonsense", "`sallyport approvals` does not know `nonsense`. Run `sallyport approvals --help`.")]
    [InlineData("approvals show", "Required argument 'ID' missing for command: 'show'. Run `sallyport approvals show --help`.")]
    [InlineData("approvals list --limit 0", "--limit takes a number from 1 to 500. Run `sallyport approvals list --help`.")]
    [InlineData("approvals list --limit many", "--limit takes a number from 1 to 500. Run `sallyport approvals list --help`.")]
    [InlineData("approvals deny apr_1", "Option '--reason' is required. Run `sallyport approvals deny --help`.")]
    [InlineData("wait apr_1 --timeout soon", "--timeout takes a time such as 90s, 10m or 1h30m, at most 7 days. Run `sallyport wait --help`.")]
    [InlineData("evidence export --out x", "Say either --session, or --from and --to with or without --agent. Run `sallyport evidence export --help`.")]
    [InlineData("evidence export --out x --session s --agent a", "Say either --session, or --from and --to with or without --agent. Run `sallyport evidence export --help`.")]
    [InlineData("evidence export --out x --from 2026-01-01", "Say either --session, or --from and --to with or without --agent. Run `sallyport evidence export --help`.")]
    [InlineData("evidence export --out x --from noon --to 2026-01-01", "--from takes an ISO 8601 time such as 2026-11-21 or 2026-11-21T14:00:00Z. Run `sallyport evidence export --help`.")]
    [InlineData("whoami", "No gateway is named. Give --gateway https://HOST[:PORT] or set SALLYPORT_GATEWAY.")]
    [InlineData("whoami --gateway http://gateway.clinic.example", "The gateway address is not an https address. Give https://HOST[:PORT]; http is for loopback addresses only.")]
    [InlineData("login", "--issuer is missing. Run `sallyport login --help`.")]
    [InlineData("token --profile ../x", "That is not a profile name. Use letters, digits, '.', '_' and '-'.")]
    public async Task A_wrong_command_line_is_one_sentence_and_exit_code_64(string line, string sentence)
    {
        Assert.Equal(ExitCode.Usage, await _cli.RunAsync(line.Split(' ')));
        Assert.Equal(("", $"sallyport: {sentence}\n"), (_cli.Output, _cli.Error));
    }

    [Fact]
    public async Task A_group_without_a_command_shows_its_help_on_the_error_stream()
    {
        Assert.Equal(ExitCode.Usage, await _cli.RunAsync("approvals"));
        Assert.Equal("", _cli.Output);
        Assert.Contains("approve <ID>", _cli.Error);
        Assert.EndsWith("sallyport: A command is missing. Choose one of those of `sallyport approvals`.\n", _cli.Error);
    }

    [Fact]
    public async Task A_wrong_command_line_can_be_read_as_json()
    {
        Assert.Equal(ExitCode.Usage, await _cli.RunAsync("approvals", "show", "--json"));
        Assert.Contains("\"exitCode\": 64", _cli.Error);
    }

    [Fact]
    public async Task A_reason_of_too_many_characters_is_refused_before_anything_is_sent()
    {
        Assert.Equal(ExitCode.Usage, await _cli.RunAsync("approvals", "deny", "apr_1", "--reason", new string('x', 1001)));
        Assert.Contains("--reason takes 1 to 1000 characters.", _cli.Error);
    }

    [Fact]
    public async Task A_server_that_is_not_installed_is_named()
    {
        Assert.Equal(ExitCode.Failed, await _cli.RunAsync("check", "gateway.yaml"));
        Assert.Contains("sallyport-server is not beside this program", _cli.Error);
    }

    [Theory]
    [InlineData("exit 0", ExitCode.Done)]
    [InlineData("exit 1", ExitCode.No)]
    [InlineData("exit 7", ExitCode.Failed)]
    public async Task Check_passes_on_what_the_server_says(string end, int code)
    {
        var server = Path.Combine(_cli.Home, "sallyport-server");
        await File.WriteAllTextAsync(server, $"#!/bin/sh\necho \"out $*\"\necho err >&2\n{end}\n");
        File.SetUnixFileMode(server, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Assert.Equal(code, await _cli.RunAsync("check", "gateway.yaml", "--json"));
        Assert.Equal("out check gateway.yaml --json\n", _cli.Output);
        Assert.StartsWith("err\n", _cli.Error);
    }

    [Fact]
    public async Task Settings_come_from_the_configuration_file_by_profile()
    {
        Directory.CreateDirectory(Path.Combine(_cli.Home, ".config", "sallyport"));
        var file = Path.Combine(_cli.Home, ".config", "sallyport", "config.json");
        await File.WriteAllTextAsync(file, """{"profiles":{"night":{"gateway":"http://127.0.0.1:1"}}}""");
        _cli.Variables["SALLYPORT_TOKEN"] = "t";
        Assert.Equal(ExitCode.Unreachable, await _cli.RunAsync("whoami", "--profile", "night"));
        Assert.Equal(ExitCode.Usage, await _cli.RunAsync("whoami"));
        await File.WriteAllTextAsync(file, """{"profiles":{"night":{"gatway":"x"}}}""");
        Assert.Equal(ExitCode.Malformed, await _cli.RunAsync("whoami", "--profile", "night"));
    }
}
