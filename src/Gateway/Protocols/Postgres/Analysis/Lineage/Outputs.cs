namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Lineage;

/// <summary>The result columns of a statement: an untagged value, or exactly one stored protected column; anything between is refused.</summary>
internal static class Outputs
{
    public static OutputColumn[] Judge(LineageRun run, Taint[] taints)
    {
        var columns = new OutputColumn[taints.Length];
        for (var i = 0; i < taints.Length; i++)
        {
            var taint = taints[i];
            columns[i] = new OutputColumn(i, taint.Source?.FullName, taint.Source?.Tag);
            if (taint.Level == TaintLevel.Derived)
            {
                run.Refuse(
                    "computed-output",
                    $"Result column {i + 1} is computed from the protected column {taint.Source!.FullName}.",
                    "Select the column itself; it comes back masked.");
            }
        }

        return columns;
    }
}
