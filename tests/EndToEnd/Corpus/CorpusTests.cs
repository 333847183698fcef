using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Sallyport.EndToEnd.Corpus;

/// <summary>
/// 309 ways to get at a tagged value, each of which works on the bare server, and 114 statements of real tools that must go on working.
/// The rows and what they expect are described in the folder's README.
/// </summary>
public sealed class CorpusTests
{
    private const int Rows = 309;
    private const int UtilityRows = 114;
    private const int MaxDeniedPercent = 10;
    private const string MayInfer = "ALLOW-INFERENCE";

    /// <summary>The inferences that equality, counts and order of stored values permit.</summary>
    private static readonly string[] AtEquality = ["explain-006", "infer-003", "infer-038"];

    /// <summary>What searching for parts and in ranges permits besides.</summary>
    private static readonly string[] AtSearch =
    [
        "copy-023", "extended-013", "infer-006", "infer-008", "infer-012", "infer-014", "infer-015", "infer-017", "infer-022", "infer-052", "launder-017",
    ];

    /// <summary>On a server without the languages and extensions some rows need, most must still show that they leak there.</summary>
    private const int MinValidRows = 240;

    [Theory]
    [InlineData(1, "equality")]
    [InlineData(77, "equality")]
    [InlineData(null, "search")]
    public async Task No_row_leaks_through_the_gateway(int? seed, string level)
    {
        await using var system = await CorpusSystem.StartAsync(15, seed ?? AnySeed(), level);
        var rows = await system.LeaksAsync(through: true);
        Assert.Equal(Rows, rows.Count);
        AssertNoLeak(rows);
        AssertFewDenied(rows);
        Assert.Equal(level == "search" ? [.. AtEquality.Concat(AtSearch).Order(StringComparer.Ordinal)] : AtEquality, Inferred(rows));
    }

    [Fact]
    public async Task No_inference_works_where_tags_may_not_be_used_in_conditions()
    {
        await using var system = await CorpusSystem.StartAsync(15, AnySeed(), "none");
        var ids = File.ReadLines(Path.Combine(system.Folder, "open.jsonl")).Select(line => JsonDocument.Parse(line).RootElement)
            .Where(row => Expected(row) == MayInfer).Select(Id).ToList();
        Assert.NotEmpty(ids);
        Assert.Empty(Inferred(await system.LeaksAsync(through: true, ids)));
    }

    [Fact]
    public async Task No_row_leaks_on_the_newest_server() => await AssertNoValidRowLeaksAsync(18);

    /// <summary>A larger run: needs a folder with the server's programs in <c>bin</c> for each version.</summary>
    [Theory]
    [InlineData(14)]
    [InlineData(16)]
    [InlineData(17)]
    public async Task No_row_leaks_on_any_other_server(int major)
    {
        var variable = $"SALLYPORT_POSTGRES_{major}";
        Assert.SkipWhen(string.IsNullOrEmpty(Environment.GetEnvironmentVariable(variable)), $"{variable} names no folder of a PostgreSQL {major}");
        await AssertNoValidRowLeaksAsync(major);
    }

    [Fact]
    public async Task Work_of_real_tools_goes_on_unchanged()
    {
        await using var system = await CorpusSystem.StartAsync(15, seed: 1);
        var (rows, output) = await system.UtilityAsync();
        Assert.Equal(UtilityRows, rows.Count);
        var lost = rows.Where(r => !r.GetProperty("ok").GetBoolean())
            .Select(r => $"{Id(r)}: {r.GetProperty("bad")}")
            .Where(row => !ServerVersion.IsMatch(row)).ToList();
        Assert.Empty(lost);
        Assert.DoesNotContain("canary leaked", output);
    }

    // The expected answers were recorded on another minor version of the server.
    private static readonly Regex ServerVersion = new(@"PostgreSQL 15\.\d+ \(Debian|col server_version", RegexOptions.None, TimeSpan.FromSeconds(1));

    /// <summary>The rows that leak on the bare server are the valid ones; they may not leak through the gateway.</summary>
    private static async Task AssertNoValidRowLeaksAsync(int major)
    {
        await using var system = await CorpusSystem.StartAsync(major, AnySeed());
        var valid = (await system.LeaksAsync(through: false)).Where(r => r.GetProperty("leak").GetBoolean()).Select(Id).ToList();
        Assert.True(valid.Count >= MinValidRows, $"only {valid.Count} rows are valid on PostgreSQL {major}");
        var rows = await system.LeaksAsync(through: true, valid);
        Assert.Equal(valid.Count, rows.Count);
        AssertNoLeak(rows);
        TestContext.Current.TestOutputHelper?.WriteLine($"PostgreSQL {major}: {valid.Count} rows are valid, none leaks");
    }

    private static void AssertNoLeak(List<JsonElement> rows)
    {
        var leaks = rows.Where(r => r.GetProperty("leak").GetBoolean() && Expected(r) != MayInfer).Select(r => $"{Id(r)} {r.GetProperty("channels")}").ToList();
        Assert.Empty(leaks);

        // A gateway that refuses to talk at all would leak nothing either.
        Assert.DoesNotContain(rows, r => r.GetProperty("errors").EnumerateArray().Any(e => e.GetString()!.StartsWith("CONN", StringComparison.Ordinal)));
    }

    private static string[] Inferred(List<JsonElement> rows) =>
        [.. rows.Where(r => r.GetProperty("leak").GetBoolean() && Expected(r) == MayInfer).Select(Id).Order(StringComparer.Ordinal)];

    /// <summary>What can be masked is worth more masked than denied.</summary>
    private static void AssertFewDenied(List<JsonElement> rows)
    {
        var maskable = rows.Where(r => Expected(r) == "MASK").ToList();
        var denied = maskable.Where(r => r.GetProperty("errors").EnumerateArray().Any(e => e.GetString()!.Contains("NOT EXECUTED", StringComparison.Ordinal))).Select(Id).ToList();
        Assert.True(denied.Count * 100 <= maskable.Count * MaxDeniedPercent, $"{denied.Count} of {maskable.Count} rows that could be masked are denied: {string.Join(' ', denied)}");
        TestContext.Current.TestOutputHelper?.WriteLine($"{denied.Count} of {maskable.Count} rows that could be masked are denied: {string.Join(' ', denied)}");
    }

    private static string Id(JsonElement row) => row.GetProperty("id").GetString()!;

    private static string Expected(JsonElement row) => row.GetProperty("expect").GetString()!;

    private static int AnySeed() => RandomNumberGenerator.GetInt32(2, int.MaxValue);
}
