namespace Sallyport.Gateway.Masking;

/// <summary>Every value becomes the same constant.</summary>
internal sealed class ConstantMask(byte[] constant) : ColumnMask
{
    public override int MaxBytes => constant.Length;

    public override int Write(ReadOnlySpan<byte> value, Span<byte> destination)
    {
        constant.CopyTo(destination);
        return constant.Length;
    }
}
