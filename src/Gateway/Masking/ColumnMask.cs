namespace Sallyport.Gateway.Masking;

/// <summary>Writes the masked form of one result column, valid for its type and format. Instances belong to one session and are not thread-safe.</summary>
public abstract class ColumnMask
{
    /// <summary>Most bytes a masked value can have where it is longer than the value itself; a row's growth is bounded by it.</summary>
    public abstract int MaxBytes { get; }

    /// <summary>Whether SQL NULL is masked like any value (<see cref="Write"/> gets an empty one): whether something computed is NULL tells what it was computed from.</summary>
    public virtual bool HidesNull => false;

    /// <summary>The column of the row that the masked form also depends on; -1 for none.</summary>
    public virtual int KeyOrdinal => -1;

    /// <summary>Takes the value of that column, before the values of its row are written.</summary>
    public virtual void UseKey(ReadOnlySpan<byte> value, bool isNull)
    {
    }

    /// <summary>Writes the masked form of <paramref name="value"/> (not NULL) into <paramref name="destination"/>, which has room for <see cref="MaxBytes"/> and for the value.</summary>
    /// <returns>Bytes written, or -1 for SQL NULL.</returns>
    public abstract int Write(ReadOnlySpan<byte> value, Span<byte> destination);
}
