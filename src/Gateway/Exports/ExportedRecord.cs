using Sallyport.Evidence.Log;
using Sallyport.Evidence.Records;

namespace Sallyport.Gateway.Exports;

/// <summary>A record on its way out, with its place in the ledger.</summary>
/// <param name="Index">Its index.</param>
/// <param name="Leaf">Its bytes as they are in the ledger.</param>
internal sealed record ExportedRecord(long Index, ReadOnlyMemory<byte> Leaf)
{
    private RecordLine? _line;

    /// <summary>Its RFC 6962 leaf hash in hex.</summary>
    public string Hash => LeafHash.Of(Leaf.Span).ToString();

    /// <summary>A view of its fields.</summary>
    public RecordLine Line => _line ??= RecordLine.Parse(Leaf);

    public string Kind => Line.Kind;
}
