using System.Text;
using System.Text.Json;

namespace Sallyport.Gateway.Protocols.Postgres.SelfTests;

/// <summary>One way to get at a value, written for any table and column.</summary>
/// <param name="Category">Its family, as in the open leak corpus; <c>utility</c> for work that must go on.</param>
/// <param name="Statements">Run one after the other in a session of their own.</param>
/// <param name="Guess">A statement asked twice, with the right beginning of a value and a wrong one; the answers may not differ. Null for others.</param>
/// <param name="ForAll">Tried on every protected column, not only on one of each kind.</param>
/// <param name="TextOnly">Only makes sense on texts.</param>
internal sealed record Attack(string Category, IReadOnlyList<string> Statements, string? Guess, bool ForAll, bool TextOnly)
{
    public const string Utility = "utility";

    private const string Resource = "Sallyport.Gateway.Protocols.Postgres.SelfTests.attacks.jsonl";

    /// <summary>Everything that comes with the product, in order.</summary>
    public static IReadOnlyList<Attack> All()
    {
        using var stream = typeof(Attack).Assembly.GetManifestResourceStream(Resource) ?? throw new InvalidOperationException("The attacks are missing from the program.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        var attacks = new List<Attack>();
        while (reader.ReadLine() is { } line)
        {
            using var row = JsonDocument.Parse(line);
            var root = row.RootElement;
            attacks.Add(new Attack(
                root.GetProperty("cat").GetString()!,
                root.TryGetProperty("q", out var statements) ? [.. statements.EnumerateArray().Select(static s => s.GetString()!)] : [],
                root.TryGetProperty("g", out var guess) ? guess.GetString() : null,
                root.TryGetProperty("all", out _),
                root.TryGetProperty("text", out _)));
        }

        return attacks;
    }
}
