using System.Globalization;

namespace Sallyport.Tools.Mutation;

/// <summary>Removes one rule after the other from the files of a folder, and names those no test misses.</summary>
internal static class Program
{
    public const string WorkerOption = "--worker";

    // REPOSITORY [FOLDER [TESTS [ONLY]]]
    private static async Task<int> Main(string[] args)
    {
        if (args is [WorkerOption, var directory, var namespaces, var numbers])
        {
            await Worker.RunAsync(directory, namespaces, numbers.Split(',').Select(number => int.Parse(number, CultureInfo.InvariantCulture)));
            return 0;
        }

        if (args.Length is 0 or > 4)
        {
            Console.Error.WriteLine("usage: REPOSITORY [FOLDER] [TESTS: how their classes' full names begin, with commas between] [ONLY: what a mutant's place contains, with commas between]");
            return 2;
        }

        return await RunAsync(
            Path.GetFullPath(args[0]),
            args.Length > 1 ? args[1] : "src/Gateway/Protocols/Postgres/Analysis/Lineage",
            args.Length > 2 ? args[2] : "Sallyport.Unit.Gateway.Protocols.Postgres.Analysis",
            args.Length > 3 ? args[3] : "");
    }

    private static async Task<int> RunAsync(string repository, string folder, string tests, string only)
    {
        var gateway = await GatewayCompilation.LoadAsync(repository);
        var mutants = Mutants.Of(gateway.FilesBelow(folder))
            .Where(mutant => Array.Exists(only.Split(','), mutant.Place.Contains) && gateway.Compiles(mutant)).ToDictionary(mutant => mutant.Number);
        using var bench = new TestBench(repository, tests, gateway.Emit(mutants.Values));
        var survivors = 0;
        await foreach (var (number, passed) in bench.TryAsync([0, .. mutants.Keys]))
        {
            if (number == 0 && !passed)
            {
                Console.Error.WriteLine("The tests fail before anything was changed: build tests/Unit and make them pass first.");
                return 2;
            }

            if (mutants.TryGetValue(number, out var mutant))
            {
                survivors += passed ? 1 : 0;
                Console.WriteLine($"{(passed ? "SURVIVED" : "caught  ")} {mutant.Place}: {mutant.What}");
            }
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{mutants.Count} mutants, {mutants.Count - survivors} caught, {survivors} survived"));
        return survivors == 0 ? 0 : 1;
    }
}
