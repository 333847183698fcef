namespace Sallyport.Gateway.Masking;

/// <summary>Every value becomes SQL NULL.</summary>
internal sealed class NullMask : ColumnMask
{
    public override int MaxBytes => 0;

    public override int Write(ReadOnlySpan<byte> value, Span<byte> destination) => -1;
}
