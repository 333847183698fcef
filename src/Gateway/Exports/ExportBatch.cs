namespace Sallyport.Gateway.Exports;

/// <summary>Records that are handed over together, and the part of the ledger they are all of that the export takes.</summary>
/// <param name="Origin">Names the ledger.</param>
/// <param name="From">Index of the first record that was looked at.</param>
/// <param name="To">Index behind the last.</param>
/// <param name="Records">Those the export takes, in order; possibly none.</param>
internal sealed record ExportBatch(string Origin, long From, long To, IReadOnlyList<ExportedRecord> Records)
{
    /// <summary>Most records of one batch.</summary>
    public const int MaxRecords = 1000;

    /// <summary>Most records of one FHIR transaction: servers limit those.</summary>
    public const int MaxResources = 100;

    /// <summary>Bytes of records from which on a batch is full; one more record may be in it.</summary>
    public const int FullBytes = 1 << 20;

    /// <summary>Most records that are looked at for one batch.</summary>
    public const int MaxLookedAt = 10_000;
}
