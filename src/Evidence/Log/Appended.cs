namespace Sallyport.Evidence.Log;

/// <summary>One record that has its place in the log.</summary>
/// <param name="Index">Position from 0, without gaps.</param>
/// <param name="Hash">The leaf hash.</param>
/// <param name="Durable">
/// Completes when the record is on disk and faults with <see cref="LedgerUnavailableException"/> when it will never be.
/// May be awaited at most once; need not be awaited.
/// </param>
public readonly record struct Appended(long Index, LeafHash Hash, ValueTask Durable);
