namespace Sallyport.Evidence.Records;

/// <summary>Limits of one record line. They follow from the 16-bit entry length of C2SP tlog-tiles.</summary>
public static class RecordLimits
{
    /// <summary>Most bytes of one leaf: a tlog-tiles entry has a 16-bit length.</summary>
    public const int MaxLeafBytes = ushort.MaxValue;

    /// <summary>Most levels of arrays and objects in a record.</summary>
    public const int MaxDepth = 4;

    /// <summary>The only schema version this code writes and reads.</summary>
    public const int Version = 1;
}
