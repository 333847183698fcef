using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Budgets.Usage;

/// <summary>Amounts of what budgets count.</summary>
/// <param name="Statements">Statements.</param>
/// <param name="Rows">Rows.</param>
/// <param name="PhiCells">Masked cells.</param>
/// <param name="Bytes">Bytes.</param>
/// <param name="Denials">Refusals in a row.</param>
/// <param name="Time">Milliseconds.</param>
public readonly record struct UsageTotals(long Statements = 0, long Rows = 0, long PhiCells = 0, long Bytes = 0, long Denials = 0, long Time = 0)
{
    public long this[UsageMeasure measure] => measure switch
    {
        UsageMeasure.Statements => Statements,
        UsageMeasure.Rows => Rows,
        UsageMeasure.PhiCells => PhiCells,
        UsageMeasure.Bytes => Bytes,
        UsageMeasure.Denials => Denials,
        _ => Time,
    };

    public static UsageTotals operator +(UsageTotals left, UsageTotals right) => new(
        left.Statements + right.Statements, left.Rows + right.Rows, left.PhiCells + right.PhiCells, left.Bytes + right.Bytes, left.Denials + right.Denials, left.Time + right.Time);

    public static UsageTotals operator -(UsageTotals left, UsageTotals right) => new(
        left.Statements - right.Statements, left.Rows - right.Rows, left.PhiCells - right.PhiCells, left.Bytes - right.Bytes, left.Denials - right.Denials, left.Time - right.Time);
}
