using System.Globalization;
using Sallyport.Tools.Mutation;

// REPOSITORY [FOLDER [TEST-NAMESPACE [ONLY]]]   removes one rule after the other from the files of FOLDER, and names those no test misses
if (args.Length is 0 or > 4)
{
    Console.Error.WriteLine("usage: REPOSITORY [FOLDER] [TEST-NAMESPACE] [ONLY: text a mutant's place contains]");
    return 2;
}

var repository = Path.GetFullPath(args[0]);
var folder = args.Length > 1 ? args[1] : "src/Gateway/Protocols/Postgres/Analysis/Lineage";
var tests = args.Length > 2 ? args[2] : "Sallyport.Unit.Gateway.Protocols.Postgres.Analysis";
var only = args.Length > 3 ? args[3] : "";

var gateway = await GatewayCompilation.LoadAsync(repository);
using var bench = new TestBench(repository, tests);
if (!await bench.PassAsync(gateway.Emit(null)))
{
    Console.Error.WriteLine("The tests fail before anything was changed: build tests/Unit and make them pass first.");
    return 2;
}

var survivors = 0;
var total = 0;
var mutants = gateway.FilesBelow(folder).SelectMany(Mutants.Of).Where(m => m.Place.Contains(only, StringComparison.Ordinal)).ToList();
foreach (var mutant in mutants)
{
    if (gateway.TryEmit(mutant) is not { } assembly)
    {
        continue;
    }

    total++;
    var survived = await bench.PassAsync(assembly);
    survivors += survived ? 1 : 0;
    Console.WriteLine($"{(survived ? "SURVIVED" : "caught  ")} {mutant.Place}: {mutant.What}");
}

Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{total} mutants, {total - survivors} caught, {survivors} survived"));
return survivors == 0 ? 0 : 1;
