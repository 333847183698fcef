using System.Text.Json.Serialization;

namespace Sallyport.Api;

/// <summary>An operator's order to attack a copy of a target's protected tables.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record SelfTestRequest
{
    /// <summary>Who may create databases at the target.</summary>
    public required AdminCredential Admin { get; init; }

    /// <summary>Columns that hold PHI although the configuration does not say so, as <c>schema.table.column</c>: whatever comes back of them is a leak.</summary>
    public IReadOnlyList<string> Also { get => field ?? []; init; }
}

/// <summary>What a self-test found. Holds no value.</summary>
public sealed record SelfTestResource
{
    /// <summary>The protected system.</summary>
    public required string Target { get; init; }

    /// <summary>Nothing leaked, and ordinary work went on.</summary>
    public required bool Passed { get; init; }

    /// <summary>Protected columns that were tried.</summary>
    public required int Columns { get; init; }

    /// <summary>Counts by family of attack; <c>utility</c> is ordinary work.</summary>
    public required IReadOnlyList<SelfTestCategoryResource> Categories { get; init; }

    /// <summary>Each attack that got at a value.</summary>
    public IReadOnlyList<SelfTestLeakResource> Leaks { get => field ?? []; init; }

    /// <summary>What was not tried, and why.</summary>
    public IReadOnlyList<string> Skipped { get => field ?? []; init; }
}

/// <summary>One family of attacks.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Tried">Attacks.</param>
/// <param name="Leaked">A value came back, or an answer told one.</param>
/// <param name="Masked">Ran, and nothing came back in clear.</param>
/// <param name="Refused">Refused by the gateway, or ended in an error without a value.</param>
public sealed record SelfTestCategoryResource(string Name, int Tried, int Leaked, int Masked, int Refused);

/// <summary>One attack that got at a value.</summary>
/// <param name="Category">Its family.</param>
/// <param name="Column">The column whose value came back.</param>
/// <param name="How">In what form.</param>
/// <param name="Statement">The statement, which holds no value.</param>
public sealed record SelfTestLeakResource(string Category, string Column, string How, string Statement);
