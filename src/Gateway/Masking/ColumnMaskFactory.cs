namespace Sallyport.Gateway.Masking;

/// <summary>Makes the mask of one result column. docs/reference/masks.md has the table of operators and types.</summary>
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
        var label = new MaskLabel(tag);
        ColumnMask? mask = kind switch
        {
            MaskKind.Redact => Redact(label, column),
            MaskKind.Token => Token(label, column, keys),
            MaskKind.Partial when TextShape.Of(column) is { } shape => new PartialMask(shape),
            MaskKind.Year when column.Oid is TypeOids.Date or TypeOids.Timestamp or TypeOids.Timestamptz => new YearMask(column.Oid, column.IsBinary, clock),
            _ => null,
        };
        return mask ?? new NullMask();
    }

    /// <summary>
    /// The mask of a value that was computed from tagged ones. A token or a part of it would tell which rows hold equal values, and
    /// a kept NULL one bit: so it is the operator's constant, or NULL where the operator is <see cref="MaskKind.Null"/> or the type has no constant.
    /// </summary>
    public static ColumnMask CreateDerived(string tag, MaskKind kind, MaskedType column)
    {
        ArgumentNullException.ThrowIfNull(tag);
        ColumnMask? constant = kind == MaskKind.Null ? null : Redact(new MaskLabel(tag), column);
        return new DerivedMask(constant ?? new NullMask());
    }

    private static ConstantMask? Redact(MaskLabel label, MaskedType column)
    {
        if (TextShape.Of(column) is { } shape)
        {
            return new ConstantMask(shape.Fit(label.Constant));
        }

        return column.Oid switch
        {
            TypeOids.Json => new ConstantMask([(byte)'"', .. label.Constant, (byte)'"']),
            // The binary form of jsonb starts with its version, 1.
            TypeOids.Jsonb when column.IsBinary => new ConstantMask([1, (byte)'"', .. label.Constant, (byte)'"']),
            TypeOids.Jsonb => new ConstantMask([(byte)'"', .. label.Constant, (byte)'"']),
            _ => null,
        };
    }

    private static ColumnMask? Token(MaskLabel label, MaskedType column, MaskKeys keys)
    {
        if (TextShape.Of(column) is { } shape)
        {
            return new TokenMask(label, shape, keys);
        }

        return column.Oid == TypeOids.Uuid ? new UuidTokenMask(label, column.IsBinary, keys) : null;
    }
}
