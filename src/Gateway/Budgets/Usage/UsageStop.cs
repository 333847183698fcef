using System.Globalization;
using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Budgets.Usage;

/// <summary>A budget is used up.</summary>
/// <param name="Budget">The budget.</param>
/// <param name="Measure">What of it.</param>
/// <param name="Used">How much was used.</param>
/// <param name="Limit">How much may be.</param>
/// <param name="Left">How long until the window begins anew; null without a window.</param>
/// <param name="IsFirst">Nobody was stopped by it before in this window.</param>
public sealed record UsageStop(UsageBudget Budget, UsageMeasure Measure, long Used, long Limit, TimeSpan? Left, bool IsFirst)
{
    /// <summary>One sentence: what is used up.</summary>
    public string Reason => string.Create(
        CultureInfo.InvariantCulture,
        $"{Math.Min(Used, Limit)} of {Limit} {Unit} of this {Budget.Per.ToString().ToLowerInvariant()} are used up{(Budget.Window is null ? "" : $" within {Show(Budget.Window.Value)}")}");

    /// <summary>One sentence: what to do.</summary>
    public string Remedy => (Left, Budget.Per) switch
    {
        ({ } left, _) => $"go on in {Show(left)}, or ask the operator for a larger budget (sallyport budgets shows what is left)",
        (_, UsageScope.Session) => "do less in one connection, or ask the operator for a larger budget",
        (_, UsageScope.Run) => "end this run, or ask the operator for a larger budget (sallyport budgets shows what is left)",
        _ => "ask the operator for a larger budget (sallyport budgets shows what is left)",
    };

    private string Unit => Measure switch
    {
        UsageMeasure.PhiCells => "PHI cells",
        UsageMeasure.Denials => "refusals in a row",
        UsageMeasure.Time => "ms of running statements",
        UsageMeasure.Statements => "statements",
        UsageMeasure.Rows => "rows",
        _ => "bytes",
    };

    private static string Show(TimeSpan duration) => duration.TotalHours >= 2 ? $"{Math.Ceiling(duration.TotalHours):0} hours"
        : duration.TotalMinutes >= 2 ? $"{Math.Ceiling(duration.TotalMinutes):0} minutes"
        : $"{Math.Ceiling(duration.TotalSeconds):0} seconds";
}
