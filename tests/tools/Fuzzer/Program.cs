using System.Globalization;
using Sallyport.EndToEnd.Support;
using Sallyport.Tools.Fuzzer;
using Sallyport.Tools.Fuzzer.Runs;

Options options;
try
{
    options = Options.Parse(args);
}
catch (ArgumentException wrong)
{
    await Console.Error.WriteLineAsync(wrong.Message);
    return 2;
}

try
{
    var total = new Tally();
    var elapsed = TimeSpan.Zero;
    foreach (var seed in options.Seeds)
    {
        var run = new Run(options, seed);
        await run.ExecuteAsync(TimeSpan.FromSeconds((double)options.Seconds / options.Seeds.Count));
        total.Add(run.Tally);
        elapsed += run.Elapsed;
        var line = string.Create(CultureInfo.InvariantCulture, $"seed {seed}: {run.Tally.Summary(run.Elapsed)}");
        Console.WriteLine(line);
        Console.WriteLine($"not run: {run.Tally.Reasons}");
        if (options.Log is not null)
        {
            await File.AppendAllTextAsync(options.Log, $"{TimeProvider.System.GetUtcNow():yyyy-MM-ddTHH:mm:ssZ} {run.Elapsed.TotalSeconds:F0} s, {line}\n");
        }
    }

    Console.WriteLine($"total: {total.Summary(elapsed)}");
    return total.Unexplained > 0 ? 1 : 0;
}
finally
{
    TestRun.Clean();
}
