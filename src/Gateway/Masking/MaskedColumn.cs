namespace Sallyport.Gateway.Masking;

/// <summary>One masked column of a result: where it comes from, and what is done to it.</summary>
/// <param name="Ordinal">Position in the row, from 0.</param>
/// <param name="Source">The stored column, <c>schema.table.column</c>.</param>
/// <param name="Tag">The PHI class, e.g. <c>MRN</c>.</param>
/// <param name="Operator">What is done to a value that is the stored one.</param>
/// <param name="IsDerived">Whether the value was computed from the stored one: then the mask is a constant or NULL, whatever the operator.</param>
public sealed record MaskedColumn(int Ordinal, string Source, string Tag, MaskOperator Operator, bool IsDerived = false)
{
    /// <summary>The operator's name.</summary>
    public MaskKind Kind => Operator.Kind;
}
