using System.Globalization;
using Sallyport.Bench.Masking;
using Sallyport.Gateway.Masking;
using Sallyport.Gateway.Protocols.Postgres.Engine;
using Sallyport.Gateway.Protocols.Postgres.Messages;

// Masks rows as the backend loop does, from one buffer into another, on one thread, and prints how many megabytes of rows each plan takes in a second of a core.
const int Rows = 4_000;
const int OutputBytes = 256 * 1024;
var seconds = args is [var given] ? double.Parse(given, CultureInfo.InvariantCulture) : 2;

Console.WriteLine("columns of a row (masked with)                                    bytes/row    ns/row      MB/s");
foreach (var scenario in Scenario.All)
{
    using var keys = MaskKeys.ForSession();
    var plan = scenario.Plan(keys);
    var rows = Enumerable.Range(0, Rows).Select(scenario.Row).ToArray();
    var bytes = rows.Sum(static row => (long)row.Length);
    var output = new MessageBuffer();
    var counts = new MaskCount[plan?.Columns.Length ?? 0];
    Run(TimeSpan.FromSeconds(seconds / 4));
    var (passes, elapsed) = Run(TimeSpan.FromSeconds(seconds));
    output.Clear();
    var perRow = elapsed.TotalNanoseconds / (passes * Rows);
    Console.WriteLine($"{scenario.Name,-64} {bytes / Rows,10} {perRow,9:F0} {passes * bytes / elapsed.TotalSeconds / 1e6,9:F0}");

    (long Passes, TimeSpan Elapsed) Run(TimeSpan atLeast)
    {
        var done = 0L;
        // Processor time, so that other load of the machine counts as little as it can.
        var before = Environment.CpuUsage.TotalTime;
        while (Environment.CpuUsage.TotalTime - before < atLeast)
        {
            foreach (var row in rows)
            {
                if (plan is null)
                {
                    output.Bytes(row);
                }
                else
                {
                    plan.Write(row, output, counts);
                }

                if (output.Length > OutputBytes)
                {
                    output.Clear();
                }
            }

            done++;
        }

        return (done, Environment.CpuUsage.TotalTime - before);
    }
}
