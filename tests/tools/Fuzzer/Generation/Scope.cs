using Sallyport.Tools.Fuzzer.Database;

namespace Sallyport.Tools.Fuzzer.Generation;

/// <summary>A column expressions can name.</summary>
/// <param name="Phi">The tagged column whose stored values it holds, or null.</param>
/// <param name="IsTainted">Whether its values depend on tagged ones, as far as the generator knows: it only guides what is drawn.</param>
internal sealed record ScopeColumn(string Sql, string Type, PhiColumn? Phi, bool IsTainted);

/// <summary>A relation with its columns.</summary>
internal sealed record Relation(string Name, IReadOnlyList<ScopeColumn> Columns, int Weight);

/// <summary>What an expression may use.</summary>
internal sealed record Scope(IReadOnlyList<ScopeColumn> Columns, Scope? Outer)
{
    public static readonly Scope Empty = new([], null);

    public bool AllowsAggregates { get; init; }

    public bool AllowsWindows { get; init; }

    public IReadOnlyList<Relation> Ctes { get; init; } = Outer?.Ctes ?? [];

    /// <summary>The same columns, where neither aggregates nor window functions may stand.</summary>
    public Scope Plain => this with { AllowsAggregates = false, AllowsWindows = false };
}
