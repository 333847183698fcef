using System.Globalization;
using System.Security.Cryptography;
using Sallyport.EndToEnd.Support;
using Sallyport.Tools.Fuzzer.Database;
using Sallyport.Tools.Fuzzer.Systems;

namespace Sallyport.Tools.Fuzzer;

/// <summary>What the command line asks for.</summary>
internal sealed record Options
{
    public const string Usage =
        """
        usage: fuzzer [--seconds N] [--seeds N,N|random] [--workers N] [--major N] [--server FILE] [--finds FOLDER] [--log FILE]
                      [--case N] [--replay FILE] [--stop-at-find] [--direct] [--forget COLUMN] [--limits YAML] [--masks YAML] [--more FILE]

        Runs generated statements on two databases that differ in tagged values only, each behind the built gateway, and compares every
        byte that comes back. Exit code 0: no unexplained difference; 1: there is one; 2: it could not run.

          --seconds N      how long, over all seeds together (60)
          --major N        15, 17, 18; others where SALLYPORT_POSTGRES_N names a folder with the programs in its bin
          --seeds LIST     one run each (random); a number and its statements are the same everywhere
          --case N         only this case of the seed, with everything it answers
          --replay FILE    only the cases of this file
          --finds FOLDER   where differences are written, one file each (artifacts/fuzzer)
          --log FILE       a line for each run is added to it
          --stop-at-find   ends a run at its first difference
          --direct         without gateways: must find differences at once
          --forget COLUMN  leaves schema.table.column out of the gateway's phi: must find differences at once
        """;

    public int Seconds { get; private init; } = 60;

    public IReadOnlyList<ulong> Seeds { get; private init; } = [RandomSeed()];

    public int Workers { get; private init; } = 2;

    public string Binaries { get; private init; } = "/usr/lib/postgresql/15/bin";

    public string Server { get; private init; } = TestRun.Program("Server", "sallyport-server");

    public string Finds { get; private init; } = Path.Combine(TestRun.Repository, "artifacts", "fuzzer");

    public string? Log { get; private init; }

    public int? Case { get; private init; }

    public string? Replay { get; private init; }

    public bool Direct { get; private init; }

    public bool StopAtFind { get; private init; }

    /// <summary>Budgets as wide as they can be: what they stop on one side only would hide what follows.</summary>
    public GatewayOptions Gateway { get; private init; } = new(
        [.. PhiColumns.Declarations], PhiColumns.Masks, "{haltedFor: 0s, sessionsPerPrincipal: 1000}",
        "inference: {constantsPerHour: 100000, errors: 1000, errorsPerHour: 1000, writeErrorsPerHour: 1000, attemptsPerHour: 100000}");

    public static Options Parse(IReadOnlyList<string> arguments)
    {
        var options = new Options();
        for (var i = 0; i < arguments.Count; i++)
        {
            if (arguments[i] is "--direct" or "--stop-at-find")
            {
                options = arguments[i] == "--direct" ? options with { Direct = true } : options with { StopAtFind = true };
                continue;
            }

            var value = i + 1 < arguments.Count ? arguments[i + 1] : throw new ArgumentException($"{arguments[i]} needs a value.\n{Usage}");
            options = options.With(arguments[i++], value);
        }

        return options;
    }

    private Options With(string name, string value) => name switch
    {
        "--seconds" => this with { Seconds = Number(value) },
        "--seeds" => this with { Seeds = [.. value.Split(',').Select(s => s == "random" ? RandomSeed() : ulong.Parse(s, CultureInfo.InvariantCulture))] },
        "--workers" => this with { Workers = Number(value) },
        "--major" => this with { Binaries = BinariesOf(Number(value)) },
        "--server" => this with { Server = value },
        "--finds" => this with { Finds = value },
        "--log" => this with { Log = value },
        "--case" => this with { Case = Number(value), Workers = 1 },
        "--replay" => this with { Replay = value, Workers = 1 },
        "--forget" => this with { Gateway = Gateway with { Phi = [.. Gateway.Phi.Where(line => !line.StartsWith(value + ":", StringComparison.Ordinal))] } },
        "--limits" => this with { Gateway = Gateway with { Limits = value } },
        "--masks" => this with { Gateway = Gateway with { Masks = value } },
        "--more" => this with { Gateway = Gateway with { More = File.ReadAllText(value) } },
        _ => throw new ArgumentException($"{name} is not known.\n{Usage}"),
    };

    private static int Number(string value) => int.Parse(value, CultureInfo.InvariantCulture);

    private static ulong RandomSeed() => BitConverter.ToUInt32(RandomNumberGenerator.GetBytes(4));

    private static string BinariesOf(int major) => Directory.Exists($"/usr/lib/postgresql/{major}/bin")
        ? $"/usr/lib/postgresql/{major}/bin"
        : Path.Combine(Reachable.ByDatabaseUser(Environment.GetEnvironmentVariable($"SALLYPORT_POSTGRES_{major}") ?? Path.Combine(TestRun.NodeModules, $"postgres{major}", "native")), "bin");
}
