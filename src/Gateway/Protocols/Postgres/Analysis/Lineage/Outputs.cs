namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Lineage;

/// <summary>The result columns of a statement: clean ones come back as they are, stored protected values masked, computed ones as a constant.</summary>
internal static class Outputs
{
    public static OutputColumn[] Judge(LineageRun run, Taint[] taints)
    {
        var columns = new OutputColumn[taints.Length];
        for (var i = 0; i < taints.Length; i++)
        {
            var taint = taints[i];
            columns[i] = new OutputColumn(i, taint.Source?.FullName, taint.Source?.Tag, taint.IsDerived) { Reason = run.Reasons.Of(taint) };
        }

        return columns;
    }
}
