namespace Sallyport.Gateway.Masking;

/// <summary>Stands for a value computed from tagged ones: the same constant, or NULL, for every row, also where the value is NULL.</summary>
internal sealed class DerivedMask(ColumnMask constant) : ColumnMask
{
    public override int MaxBytes => constant.MaxBytes;

    public override bool HidesNull => true;

    public override int Write(ReadOnlySpan<byte> value, Span<byte> destination) => constant.Write([], destination);
}
