using System.Text;
using Sallyport.Gateway.Masking;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Gateway.Masking;

/// <summary>Runs masks on single values, in exactly the room they ask for.</summary>
internal sealed class MaskRun : IDisposable
{
    public ManualTime Clock { get; } = new();

    public MaskKeys Keys { get; } = MaskKeys.ForSession();

    public void Dispose() => Keys.Dispose();

    /// <summary>The masked form, or null for SQL NULL.</summary>
    public byte[]? Apply(MaskOperator operation, MaskedType type, ReadOnlySpan<byte> value, string tag = "NAME") =>
        Apply(ColumnMaskFactory.Create(tag, operation, type, Keys, Clock), value);

    /// <summary>The masked form of a text in text format.</summary>
    public string? Text(MaskOperator operation, uint oid, string value, int modifier = -1) =>
        Apply(operation, new MaskedType(oid, modifier, IsBinary: false), Encoding.UTF8.GetBytes(value)) is { } masked ? Encoding.UTF8.GetString(masked) : null;

    public static byte[]? Apply(ColumnMask mask, ReadOnlySpan<byte> value)
    {
        // A mask that writes more than it promised fails here.
        var destination = new byte[Math.Max(mask.MaxBytes, value.Length)];
        var length = mask.Write(value, destination);
        return length < 0 ? null : destination[..length];
    }
}
