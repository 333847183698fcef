using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Analysis;
using Sallyport.Gateway.Protocols.Postgres.Messages;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>A query that SQL gave a name to: a cursor (DECLARE) or a prepared statement (PREPARE).</summary>
internal sealed class NamedQuery
{
    public required string Name { get; init; }

    /// <summary>
    /// What its rows are. The server reads a prepared statement anew when it sees fit, so this holds every reading seen so far: a column is
    /// tagged as soon as one of them tags it.
    /// </summary>
    public required StatementAnalysis Meaning { get; set; }

    public required FieldType[] Fields { get; init; }

    /// <summary>The query's own text, parameters typed as declared; empty for a cursor, whose query the server reads only once.</summary>
    public byte[] Text { get; init; } = [];

    /// <summary><see cref="TargetCatalog.Declaration"/> when its meaning was found.</summary>
    public int Declaration { get; set; }

    /// <summary>Hash of the tree its meaning was read from.</summary>
    public UInt128 DumpHash { get; init; }

    /// <summary>Whether no other tree was read for its text since.</summary>
    public bool IsOneReading { get; set; } = true;

    /// <summary>The tagged columns that were clear to its principal when its meaning was found.</summary>
    public UnmaskedColumns Clear { get; set; } = UnmaskedColumns.None;

    /// <summary>A cursor that outlives its transaction (WITH HOLD).</summary>
    public bool IsHeld { get; init; }

    /// <summary>A cursor whose rows FETCH sends in binary format.</summary>
    public bool IsBinary { get; init; }
}
