using System.Buffers.Binary;
using System.Text;

namespace Sallyport.Gateway.Masking;

/// <summary>Makes the mask of one result column. docs/reference/masks.md has the table of operators and types.</summary>
public static class ColumnMaskFactory
{
    /// <summary>A mask whose output is valid for the type and format; SQL NULL where the operator has no such form.</summary>
    /// <param name="tag">PHI class, e.g. <c>MRN</c>.</param>
    /// <param name="operation">What is done to the values.</param>
    /// <param name="column">Type facts from RowDescription, and the result format.</param>
    /// <param name="keys">The session's keys.</param>
    /// <param name="clock">Tells the year that ages are counted from.</param>
    /// <param name="key">The column that says whose row it is, for <see cref="MaskKind.DateShift"/>; null where the result has none.</param>
    public static ColumnMask Create(string tag, MaskOperator operation, MaskedType column, MaskKeys keys, TimeProvider clock, RowKey? key = null)
    {
        ArgumentNullException.ThrowIfNull(tag);
        ArgumentNullException.ThrowIfNull(operation);
        ArgumentNullException.ThrowIfNull(keys);
        ArgumentNullException.ThrowIfNull(clock);
        if (operation.IsConstant)
        {
            return ConstantOf(tag, operation, column);
        }

        var label = new MaskLabel(tag);
        var shape = TextShape.Of(column);
        ColumnMask? mask = operation switch
        {
            MaskOperator.Token token => Token(tag, column, keys.For(token.Scope)),
            MaskOperator.Partial { KeepsDomain: true } when shape is not null => new DomainMask(shape.Value),
            MaskOperator.Partial tail when shape is not null => new PartialMask(shape.Value, tail.Keep),
            MaskOperator.Year when IsDated(column.Oid) => new YearMask(column.Oid, column.IsBinary, clock),
            MaskOperator.DateShift when IsDated(column.Oid) && key is { IsKnown: true } =>
                new DateShiftMask(column.Oid, column.IsBinary, key.Value, keys.ShiftKey, new YearMask(column.Oid, column.IsBinary, clock)),
            MaskOperator.DateShift when IsDated(column.Oid) => new YearMask(column.Oid, column.IsBinary, clock),
            MaskOperator.Zip3 zip when shape is not null => new ZipMask(shape.Value, shape.Value.Fit(label.Constant), zip.Sparse),
            MaskOperator.Age when shape is not null || AgeMask.Knows(column) => new AgeMask(column.Oid, shape, column.IsBinary),
            MaskOperator.SameShape when shape is not null => new SameShapeMask(shape.Value),
            _ => null,
        };
        return mask ?? new NullMask();
    }

    /// <summary>
    /// The mask of a value that was computed from tagged ones. A token or a part of it would tell which rows hold equal values, and
    /// a kept NULL one bit: so it is the operator's constant, that of <see cref="MaskKind.Redact"/> for operators that show something, or NULL.
    /// </summary>
    public static ColumnMask CreateDerived(string tag, MaskOperator operation, MaskedType column)
    {
        ArgumentNullException.ThrowIfNull(tag);
        ArgumentNullException.ThrowIfNull(operation);
        return new DerivedMask(ConstantOf(tag, operation.IsConstant ? operation : new MaskOperator.Redact(), column));
    }

    private static bool IsDated(uint oid) => oid is TypeOids.Date or TypeOids.Timestamp or TypeOids.Timestamptz;

    private static ColumnMask ConstantOf(string tag, MaskOperator operation, MaskedType column)
    {
        var constant = operation switch
        {
            MaskOperator.Redact => Redact(new MaskLabel(tag), column),
            MaskOperator.Constant chosen => TypedConstant.Of(chosen.Value, column),
            MaskOperator.Sentinel => Redact(new MaskLabel(tag), column) ?? Sentinels.Of(column),
            _ => null,
        };
        return constant is null ? new NullMask() : new ConstantMask(constant);
    }

    private static byte[]? Redact(MaskLabel label, MaskedType column)
    {
        if (TextShape.Of(column) is { } shape)
        {
            return shape.Fit(label.Constant);
        }

        return column.Oid switch
        {
            TypeOids.Json => [(byte)'"', .. label.Constant, (byte)'"'],
            // The binary form of jsonb starts with its version, 1.
            TypeOids.Jsonb when column.IsBinary => [1, (byte)'"', .. label.Constant, (byte)'"'],
            TypeOids.Jsonb => [(byte)'"', .. label.Constant, (byte)'"'],
            _ when TypeOids.TextElement(column.Oid) is not 0 and var element => RedactArray(label, column, element),
            _ => null,
        };
    }

    /// <summary>An array of text becomes one element, however many it had.</summary>
    private static byte[] RedactArray(MaskLabel label, MaskedType column, uint element)
    {
        var shape = TextShape.Of(new MaskedType(element, column.Modifier, column.IsBinary))!.Value;
        var content = shape.Fit(label.Constant);
        if (!column.IsBinary)
        {
            return Encoding.UTF8.GetBytes(content.Contains((byte)' ') ? $"{{\"{Encoding.UTF8.GetString(content)}\"}}" : $"{{{Encoding.UTF8.GetString(content)}}}");
        }

        // array_send: dimensions, flags, element type; length and lower bound of the dimension; length of the element.
        var bytes = new byte[(6 * sizeof(int)) + content.Length];
        Span<uint> header = [1, 0, element, 1, 1, (uint)content.Length];
        for (var at = 0; at < header.Length; at++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(at * sizeof(uint)), header[at]);
        }

        content.CopyTo(bytes.AsSpan(header.Length * sizeof(uint)));
        return bytes;
    }

    private static ColumnMask? Token(string tag, MaskedType column, TokenKey key)
    {
        if (TextShape.Of(column) is { } shape)
        {
            return new TokenMask(tag, shape, key);
        }

        if (TypeOids.TextElement(column.Oid) is not 0 and var element)
        {
            // Tokens of the elements would tell how many there are.
            return new ConstantMask(RedactArray(new MaskLabel(tag), column, element));
        }

        return column.Oid == TypeOids.Uuid ? new UuidTokenMask(tag, column.IsBinary, key) : null;
    }
}
