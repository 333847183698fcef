using System.Globalization;
using System.Text;
using System.Text.Json;
using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Analysis;
using Sallyport.Gateway.Protocols.Postgres.Analysis.Catalog;
using Sallyport.Unit.Tidy;

namespace Sallyport.Unit.Gateway.Protocols.Postgres.Analysis;

/// <summary>The server of one major version the golden dumps were taken from: its catalogue rows, and its dumps by statement name.</summary>
internal sealed class GoldenTarget
{
    public static readonly int[] Majors = [14, 15, 16, 17, 18];

    public static readonly TaggedColumn[] Tags =
    [
        new("ward", "patients", "mrn", "MRN"),
        new("ward", "patients", "name", "NAME", MaskIsConstant: true),
        new("ward", "patients", "phone", "PHONE"),
        new("ward", "patients", "born", "DATE"),
        new("ward", "patients", "aliases", "NAME", MaskIsConstant: true),
        new("ward", "patients", "home", "ADDRESS"),
        new("ward", "visits", "mrn", "MRN"),
        new("ward", "samples", "label", "LABEL"),
        new("ward", "swabs", "contact", "NAME", MaskIsConstant: true),
        new("ward", "messages", "body", "NOTE"),
        new("ward", "doses", "dose", "DOSE"),
    ];

    private static readonly string[] BootstrapKinds = ["f", "o", "r", "c"];

    private readonly List<byte[]?[]> _facts;
    private readonly string _directory;

    public GoldenTarget(int major, TimeProvider? time = null, PredicateLevel level = PredicateLevel.Equality, IEnumerable<TaggedColumn>? tags = null)
    {
        _directory = Path.Combine(DumpDirectory, major.ToString(CultureInfo.InvariantCulture));
        _facts = [.. File.ReadLines(Path.Combine(_directory, "facts.jsonl")).Select(Row)];
        Catalog = new TargetCatalog((tags ?? Tags).Select(tag => tag with { Predicates = level }), [new DeclaredFunction("ward", "age", "date", FunctionTrust.Pure, null), new DeclaredFunction("ward", "adult", "date", FunctionTrust.Pure, null)], time);
        foreach (var query in Catalog.Bootstrap)
        {
            Catalog.Load(query, query.Facts switch
            {
                CatalogFacts.Version => [[Encoding.UTF8.GetBytes($"{major}0004")]],
                CatalogFacts.Words or CatalogFacts.Types => [],
                CatalogFacts.Functions => BuiltIn("f"),
                CatalogFacts.Operators => BuiltIn("o"),
                _ => BuiltIn("r", "c"),
            });
        }
    }

    public static string DumpDirectory => Path.Combine(RepositoryFiles.Root, "tests", "Unit", "Gateway", "Protocols", "Postgres", "Analysis", "Dumps");

    public TargetCatalog Catalog { get; }

    public IEnumerable<string> Statements => Directory.EnumerateFiles(_directory, "*.txt").Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal);

    public bool Has(string statement) => File.Exists(Path.Combine(_directory, statement + ".txt"));

    public byte[] Dump(string statement) => File.ReadAllBytes(Path.Combine(_directory, statement + ".txt"));

    public AnalysisOutcome Analyze(string statement) => Analyze(Dump(statement));

    /// <summary>Analyses as the session engine does, answering what is missing from the recorded rows.</summary>
    public AnalysisOutcome Analyze(ReadOnlySpan<byte> dump) => Analyze(dump, UnmaskedColumns.None);

    /// <summary>As <see cref="Analyze(ReadOnlySpan{byte})"/>, for somebody to whom some columns are clear.</summary>
    public AnalysisOutcome Analyze(ReadOnlySpan<byte> dump, UnmaskedColumns shown)
    {
        var outcome = StatementAnalyzer.Analyze(dump, Catalog, Recent, shown);
        for (var round = 0; round < StatementAnalyzer.MaxFactRounds && outcome is AnalysisOutcome.NeedsFacts needs; round++)
        {
            Catalog.Load(Catalog.QueryFor(needs.Missing), Answer(needs.Missing));
            outcome = StatementAnalyzer.Analyze(dump, Catalog, Recent, shown);
        }

        return outcome;
    }

    /// <summary>What was read within the last two seconds counts as read for the statement.</summary>
    private long Recent => Catalog.MarkBefore(TimeSpan.FromSeconds(2));

    public StatementAnalysis Understand(string statement, UnmaskedColumns shown) => Assert.IsType<AnalysisOutcome.Understood>(Analyze(Dump(statement), shown)).Analysis;

    public StatementAnalysis Understand(string statement) => Assert.IsType<AnalysisOutcome.Understood>(Analyze(statement)).Analysis;

    /// <summary>The recorded rows for what is missing; tests change them to play a server that changed.</summary>
    public List<byte[]?[]> Answer(MissingFacts missing) =>
    [
        .. _facts.Where(row => Kind(row) switch
        {
            "f" or "u" => missing.Functions.Contains(Oid(row)),
            "o" => missing.Operators.Contains(Oid(row)),
            "p" => missing.PartitionKeys,
            _ => missing.Relations.Contains(Oid(row)),
        }),
    ];

    public uint OidOf(string relation) =>
        Oid(_facts.First(row => Kind(row) is "r" && Text(row, 2) is "ward" && Text(row, 3) == relation));

    public static string Text(byte[]?[] row, int column) => Encoding.UTF8.GetString(row[column] ?? []);

    private static string Kind(byte[]?[] row) => Text(row, 0);

    private static uint Oid(byte[]?[] row) => uint.Parse(Text(row, 1), CultureInfo.InvariantCulture);

    private static byte[]?[] Row(string line) =>
        [.. JsonSerializer.Deserialize<string?[]>(line)!.Select(cell => cell is null ? null : Encoding.UTF8.GetBytes(cell))];

    private List<byte[]?[]> BuiltIn(params string[] kinds) =>
        [.. _facts.Where(row => BootstrapKinds.Contains(Kind(row)) && kinds.Contains(Kind(row)) && Oid(row) < 16384)];
}
