using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Administration;
using Sallyport.Gateway.Protocols.Postgres.Target;

namespace Sallyport.Gateway.Protocols.Postgres.Roles;

/// <summary>
/// Turns grants into a role that holds exactly their rights and that nobody can sign in with. Sessions with the same grants share it, so a session
/// begins with one membership instead of a change to the rights of every table, which would make every other session look them up anew. Thread-safe.
/// </summary>
internal sealed class ScopeKeeper(PostgresTarget target, ControlPool pool, string gateway, IReadOnlyList<PhiColumn> closed, TimeProvider time)
{
    /// <summary>How long a look at the catalogue holds. A table made later comes with sessions that begin after it.</summary>
    public static readonly TimeSpan LookHolds = TimeSpan.FromSeconds(5);

    /// <summary>How long a role that no session needs any more is kept.</summary>
    public static readonly TimeSpan UnusedFor = TimeSpan.FromMinutes(1);

    private const string DuplicateObject = "42710";

    /// <summary>Most sets of grants that are remembered; beyond, all are looked up again.</summary>
    private const int MaxKnown = 1_000;

    private readonly ConcurrentDictionary<string, Known> _known = new(StringComparer.Ordinal);

    /// <summary>The role with the rights of some grants; made if it is not there.</summary>
    /// <exception cref="StatementFailedException">The server refused.</exception>
    /// <exception cref="Targets.TargetUnavailableException">It gives no answer.</exception>
    public async Task<(string Role, string Fingerprint)> FindAsync(IReadOnlyList<Grant> grants)
    {
        var wanted = grants.Select(static grant => new ScopeGrant(grant)).ToList();
        var key = string.Join('\n', wanted.Select(static grant => grant.Key).Order(StringComparer.Ordinal));
        if (_known.TryGetValue(key, out var known) && time.GetElapsedTime(known.ReadAt) < LookHolds)
        {
            known.UsedAt = time.GetTimestamp();
            return (known.Role, known.Fingerprint);
        }

        var scope = await pool.RunAsync(connection => ReadAsync(connection, wanted));
        var role = NameOf(scope.Fingerprint);
        if (known?.Role != role || !await pool.RunAsync(connection => ExistsAsync(connection, role)))
        {
            await pool.RunAsync(connection => MakeAsync(connection, role, scope));
        }

        if (_known.Count >= MaxKnown)
        {
            _known.Clear();
        }

        _known[key] = new Known(role, scope.Fingerprint, time.GetTimestamp());
        return (role, scope.Fingerprint);
    }

    /// <summary>Forgets a role that turned out to be gone.</summary>
    public void Forget(string role)
    {
        foreach (var (key, known) in _known)
        {
            if (known.Role == role)
            {
                _known.TryRemove(key, out _);
            }
        }
    }

    /// <summary>Whether a role was not asked for in a while.</summary>
    public bool IsUnused(string role) => _known.Values.All(known => known.Role != role || time.GetElapsedTime(known.UsedAt) > UnusedFor);

    private string NameOf(string fingerprint)
    {
        // Roles are the server's, tables a database's.
        var text = $"{gateway}\n{target.Name}\n{target.Options.Database}\n{fingerprint}";
        return RoleNames.ScopePrefix + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..20];
    }

    private static async ValueTask<bool> ExistsAsync(PlainConnection connection, string role) =>
        await connection.ScalarAsync($"SELECT true FROM pg_catalog.pg_roles WHERE rolname = {SqlQuoting.Text(role)}") is not null;

    private async ValueTask<bool> MakeAsync(PlainConnection connection, string role, RoleScope scope)
    {
        try
        {
            await connection.QueryAsync(RoleSql.MakeScope(connection.ServerVersion, role, new RoleMarker(gateway, target.Name, ""), scope.Grants));
            return true;
        }
        catch (StatementFailedException there) when (there.SqlState == DuplicateObject)
        {
            // Somebody else was faster; a role is made with its rights or not at all.
            return false;
        }
    }

    private async ValueTask<RoleScope> ReadAsync(PlainConnection connection, List<ScopeGrant> grants)
    {
        var schemas = await connection.QueryAsync(ScopeSql.Schemas);
        var relations = await connection.QueryAsync(ScopeSql.Relations(closed));
        var tagged = closed.Count == 0 ? [] : await connection.QueryAsync(ScopeSql.Tagged(closed));
        var never = tagged.Select(static row => new ColumnName(row[0]!, row[1]!, row[2]!)).ToFrozenSet();
        var limited = grants.ConvertAll(grant => never.Count == 0 ? grant : grant.Without(never));
        var partly = limited.SelectMany(static grant => grant.Never).Select(static column => (column.Schema, column.Table)).Distinct().ToList();
        var columns = partly.Count == 0 ? [] : await connection.QueryAsync(ScopeSql.Columns(partly));
        return RoleScope.Of(
            limited,
            [.. schemas.Select(static row => new ScopeSchema(row[0]!, row[1] == "t", row[2] == "t"))],
            [.. relations.Select(static row => new ScopeRelation(row[0]!, row[1]!, row[2] == "S", row[3]!, row[4]!))],
            columns.ToLookup(static row => (row[0]!, row[1]!), static row => row[2]!));
    }

    private sealed record Known(string Role, string Fingerprint, long ReadAt)
    {
        public long UsedAt { get; set; } = ReadAt;
    }
}
