namespace Sallyport.Gateway.Protocols.Postgres.SelfTests;

/// <summary>What a self-test found. Holds no value.</summary>
/// <param name="Columns">Protected columns that were tried.</param>
/// <param name="Categories">Counts by family of attack.</param>
/// <param name="Leaks">Each attack that got at a value; empty when the target passes.</param>
/// <param name="Skipped">What was not tried, and why.</param>
public sealed record SelfTestReport(int Columns, IReadOnlyList<SelfTestCategory> Categories, IReadOnlyList<SelfTestLeak> Leaks, IReadOnlyList<string> Skipped)
{
    /// <summary>Nothing leaked, and ordinary work went on.</summary>
    public bool Passed => Leaks.Count == 0 && Categories.All(static category => category.Name != Attack.Utility || category.Refused == 0);
}

/// <param name="Name">The family; <c>utility</c> for ordinary work.</param>
/// <param name="Tried">Attacks.</param>
/// <param name="Leaked">A value came back, or an answer told one.</param>
/// <param name="Masked">Ran, and nothing came back in clear.</param>
/// <param name="Refused">Refused by the gateway, or ended in an error without a value.</param>
public sealed record SelfTestCategory(string Name, int Tried, int Leaked, int Masked, int Refused);

/// <param name="Category">The family.</param>
/// <param name="Column">The column whose value came back.</param>
/// <param name="How">In what form.</param>
/// <param name="Statement">The statement, which holds no value.</param>
public sealed record SelfTestLeak(string Category, string Column, string How, string Statement);

/// <summary>What came of a request for a self-test.</summary>
public abstract record SelfTestResult
{
    private SelfTestResult()
    {
    }

    public sealed record Done(SelfTestReport Report) : SelfTestResult;

    public sealed record NoTarget : SelfTestResult;

    /// <summary>It could not be run; what was made has been removed, as far as the target answers.</summary>
    public sealed record Failed(string Reason) : SelfTestResult;
}
