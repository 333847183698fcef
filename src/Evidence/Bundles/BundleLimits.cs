namespace Sallyport.Evidence.Bundles;

/// <summary>Limits of one evidence bundle. A longer period goes into several bundles.</summary>
public static class BundleLimits
{
    /// <summary>Most records of one bundle.</summary>
    public const int MaxRecords = 200_000;

    /// <summary>Most bytes of all records of one bundle.</summary>
    public const long MaxRecordBytes = 256L << 20;

    /// <summary>Most bytes of a bundle file that is verified.</summary>
    public const int MaxBundleBytes = 1 << 30;

    /// <summary>Most files in a bundle.</summary>
    public const int MaxFiles = 64;

    /// <summary>Longest file name in a bundle, in bytes.</summary>
    public const int MaxNameBytes = 512;
}

/// <summary>The chosen records do not fit into one bundle, or there are none.</summary>
public sealed class EvidenceSelectionException : InvalidOperationException
{
    public EvidenceSelectionException()
    {
    }

    public EvidenceSelectionException(string message)
        : base(message)
    {
    }

    public EvidenceSelectionException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
