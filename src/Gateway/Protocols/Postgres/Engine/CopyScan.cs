using Sallyport.Gateway.Masking;
using Sallyport.Gateway.Protocols.Postgres.Sql;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>Looks for masked values in the data of a COPY FROM STDIN, a field at a time, however the data are cut into messages.</summary>
internal abstract class CopyScan(MaskedForms forms)
{
    /// <summary>A longer field is none that a mask made.</summary>
    private const int MaxFieldBytes = 512;

    private readonly byte[] _field = new byte[MaxFieldBytes];
    private int _length;

    /// <summary>A scan for data of that layout.</summary>
    public static CopyScan Of(CopyLayout layout, MaskedForms forms) =>
        layout.Format == CopyFormat.Binary ? new BinaryCopyScan(forms) : new DelimitedCopyScan(layout, forms);

    /// <summary>Whether a field that ends in these data, or with them, is a masked value. Nothing is kept but the field they end in.</summary>
    public abstract bool Finds(ReadOnlySpan<byte> data);

    /// <summary>Whether the last field is one; there is no more to come.</summary>
    public abstract bool FindsAtEnd();

    protected void Take(ReadOnlySpan<byte> part)
    {
        var room = Math.Min(part.Length, MaxFieldBytes - _length);
        part[..room].CopyTo(_field.AsSpan(_length));
        // One more than there is room for marks it as too long.
        _length = room < part.Length ? MaxFieldBytes : _length + room;
    }

    /// <summary>Ends the field taken so far, and says whether it is a masked value.</summary>
    protected bool IsMasked()
    {
        var field = _field.AsSpan(0, _length);
        _length = 0;
        return field.Length is > 0 and < MaxFieldBytes && forms.Contains(field);
    }
}
