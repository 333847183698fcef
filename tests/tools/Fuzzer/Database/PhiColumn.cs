namespace Sallyport.Tools.Fuzzer.Database;

/// <summary>
/// A tagged column, and what its k-th value is in the one database and in the other. Values keep their order and their equality from
/// one database to the other; everything else about them differs.
/// </summary>
/// <param name="Table">With schema.</param>
/// <param name="Classes">How many different values there are.</param>
/// <param name="Value">The k-th value as text; the flag says the second database.</param>
internal sealed record PhiColumn(string Table, string Name, string Type, string Tag, int Classes, Func<int, Prng, bool, string> Value)
{
    public bool Nullable { get; init; } = true;

    /// <summary>Every row has a value of its own.</summary>
    public bool IsKey { get; init; }

    public string FullName => $"{Table}.{Name}";

    /// <summary>The column as the generator's own notation writes its values: {{column:k}}.</summary>
    public string Key { get; init; } = Name;

    public string ValueOf(int k, bool second) => Value(k, Prng.For(Prng.Hash(Key), (ulong)k, second ? 1UL : 0UL), second);
}
