using Sallyport.EndToEnd.Support;

namespace Sallyport.EndToEnd.Masking;

/// <summary>
/// Two databases that differ in tagged values only must answer alike (tests/tools/Fuzzer). Whatever tells them apart is a leak,
/// in whatever message, and whether or not anybody thought of the way.
/// </summary>
public sealed class NonInterferenceTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    [Fact]
    public async Task Generated_statements_are_answered_alike()
    {
        var run = await RunAsync("--seconds", "60", "--seeds", "1,random");
        Assert.True(run.ExitCode == 0, run.Output + run.Error);
        Assert.Contains("total: ", run.Output);

        // A gateway that answers nothing tells nothing either.
        Assert.True(Count(run, "masked") > 20 && Count(run, "allowed") > 100, run.Output);
    }

    [Fact]
    public async Task Known_cases_are_answered_alike()
    {
        var run = await RunAsync("--seeds", "1", "--replay", Path.Combine(TestRun.Repository, "tests", "tools", "Fuzzer", "cases.txt"));
        Assert.True(run.ExitCode == 0, run.Output + run.Error);
        Assert.Contains("alike: ", run.Output);
        Assert.DoesNotContain("DIFFERS", run.Output);
    }

    [Theory]
    [InlineData("--forget", "fuzz.subject.name")]
    [InlineData("--forget", "fuzz.chart.doc")]
    [InlineData("--direct")]
    public async Task A_hole_is_found(params string[] hole)
    {
        var run = await RunAsync(["--seconds", "120", "--seeds", "1", "--stop-at-find", .. hole]);
        Assert.True(run.ExitCode == 1, run.Output + run.Error);
        Assert.True(Count(run, "unexplained") > 0, run.Output);
    }

    private static Task<Finished> RunAsync(params string[] arguments) => ChildProcess.RunAsync(
        new Launch(TestRun.Program("Fuzzer", "Sallyport.Fuzzer"), [.. arguments, "--finds", TestRun.Subdirectory("finds")]), Patience);

    /// <summary>The number behind a word of the last line.</summary>
    private static int Count(Finished run, string word)
    {
        var total = run.Output.TrimEnd().Split('\n')[^1];
        var at = total.IndexOf($"{word} ", StringComparison.Ordinal);
        Assert.True(at >= 0, run.Output + run.Error);
        return int.Parse(total[(at + word.Length + 1)..].Split(',')[0]);
    }
}
