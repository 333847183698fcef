using System.Collections.Frozen;
using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Protocols.Postgres.Roles;

/// <summary>What of one grant a database can enforce by itself.</summary>
internal sealed class ScopeGrant(Grant grant)
{
    private readonly FrozenSet<string> _schemas = grant.Schemas.ToFrozenSet(StringComparer.Ordinal);
    private readonly FrozenSet<RelationName> _tables = grant.Tables.ToFrozenSet();

    public string Name => grant.Name;

    /// <summary>Columns of tables the grant opens that it keeps closed all the same.</summary>
    public FrozenSet<ColumnName> Never { get; private init; } =
        grant.Never.Select(static column => QualifiedName.TrySplit(column, 3, out var parts) ? new ColumnName(parts[0], parts[1], parts[2]) : default).ToFrozenSet();

    /// <summary>The same grant with more columns closed.</summary>
    public ScopeGrant Without(IEnumerable<ColumnName> columns) => new(grant) { Never = [.. Never, .. columns] };

    public bool MayDefine => grant.Allow.Contains(CommandClass.Ddl);

    /// <summary>The rights on a table: r for SELECT, a for INSERT, w for UPDATE, d for DELETE; U for the use of a sequence.</summary>
    public string Letters(bool isSequence)
    {
        var writes = grant.Allow.Contains(CommandClass.Write);
        return isSequence
            ? writes ? "U" : ""
            : (grant.Allow.Contains(CommandClass.Read) ? "r" : "") + (writes ? "awd" : "");
    }

    public bool Reaches(string schema, string table) => !grant.IsLimited || _schemas.Contains(schema) || _tables.Contains(new RelationName(schema, table));

    /// <summary>Whether it opens a schema as a whole, so that new tables can be made there.</summary>
    public bool OpensWhole(string schema) => !grant.IsLimited || _schemas.Contains(schema);

    /// <summary>Says the same for grants that come to the same rights.</summary>
    public string Key => string.Join(
        '\u0001',
        [string.Join(',', grant.Allow), .. grant.Schemas.Order(StringComparer.Ordinal), "\u0002", .. grant.Tables.Select(t => $"{t.Schema}\u0003{t.Name}").Order(StringComparer.Ordinal), "\u0002",
            .. Never.Select(c => $"{c.Schema}\u0003{c.Table}\u0003{c.Column}").Order(StringComparer.Ordinal)]);
}

internal readonly record struct ColumnName(string Schema, string Table, string Column);

/// <summary>A relation of the target, as the gateway's own role sees it.</summary>
/// <param name="Schema">Its schema.</param>
/// <param name="Name">Its name.</param>
/// <param name="IsSequence">Whether it is a sequence.</param>
/// <param name="OwnerTable">For a sequence that belongs to a column: the table; else empty.</param>
/// <param name="Grantable">Letters of the rights the gateway's role may pass on.</param>
internal sealed record ScopeRelation(string Schema, string Name, bool IsSequence, string OwnerTable, string Grantable);

/// <summary>A schema of the target, and which of its rights the gateway's role may pass on.</summary>
internal sealed record ScopeSchema(string Name, bool UsageGrantable, bool CreateGrantable);
