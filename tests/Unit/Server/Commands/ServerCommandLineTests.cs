using System.CommandLine;
using System.Text.Json;
using Sallyport.Server.Commands;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Server.Commands;

public sealed class ServerCommandLineTests
{
    [Fact]
    public async Task Check_lists_every_problem_at_once_and_ends_with_1()
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("gateway.yaml");
        await File.WriteAllTextAsync(file, "origin: a b\nno-such-key: 1\n", TestContext.Current.CancellationToken);
        var (exit, output, _) = await RunAsync("check", file);
        Assert.Equal(1, exit);
        Assert.Contains("no-such-key", output, StringComparison.Ordinal);
        Assert.Contains("origin", output, StringComparison.Ordinal);
        Assert.EndsWith("cannot be enforced\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_prints_JSON_for_machines()
    {
        var (exit, output, _) = await RunAsync("check", "/no/such/file", "--json");
        Assert.Equal(1, exit);
        using var report = JsonDocument.Parse(output);
        Assert.False(report.RootElement.GetProperty("valid").GetBoolean());
        Assert.Equal("/no/such/file", report.RootElement.GetProperty("problems")[0].GetProperty("file").GetString());
    }

    [Theory]
    [InlineData("run", "/no/such/file")]
    [InlineData("--config", "/no/such/file")]
    public async Task Run_does_not_start_with_a_file_that_cannot_be_enforced(params string[] arguments)
    {
        var (exit, _, error) = await RunAsync(arguments);
        Assert.Equal(1, exit);
        Assert.Contains("does not start", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("run")]
    [InlineData("no-such-command")]
    [InlineData("check", "a", "b")]
    public async Task A_wrong_command_line_ends_with_64(params string[] arguments)
    {
        var (exit, _, error) = await RunAsync(arguments);
        Assert.Equal(64, exit);
        Assert.Contains("--help", error, StringComparison.Ordinal);
    }

    private static async Task<(int Exit, string Output, string Error)> RunAsync(params string[] arguments)
    {
        var output = new StringWriter();
        var error = new StringWriter();
        var parsed = ServerCommandLine.Create().Parse(arguments, ServerCommandLine.Parser);
        var exit = parsed.Errors.Count > 0
            ? ServerCommandLine.ReportUsage(parsed, error)
            : await parsed.InvokeAsync(
                new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false }, TestContext.Current.CancellationToken);
        return (exit, output.ToString(), error.ToString());
    }
}
