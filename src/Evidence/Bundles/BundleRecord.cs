using Sallyport.Evidence.Records;

namespace Sallyport.Evidence.Bundles;

/// <summary>One record of a bundle.</summary>
/// <param name="Index">Position in the log.</param>
/// <param name="Leaf">The exact bytes.</param>
/// <param name="Line">The parsed view of them.</param>
internal sealed record BundleRecord(long Index, byte[] Leaf, RecordLine Line);
