using System.Collections.Concurrent;
using Sallyport.Gateway.Masking;
using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Administration;
using Sallyport.Gateway.Protocols.Postgres.Analysis;
using Sallyport.Gateway.Protocols.Postgres.Analysis.Catalog;
using Sallyport.Gateway.Protocols.Postgres.Measures;
using Sallyport.Gateway.Protocols.Postgres.Roles;
using Sallyport.Gateway.Protocols.Postgres.Target;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>The PostgreSQL targets by name, each with what all its sessions share. Thread-safe.</summary>
public sealed class PostgresTargets
{
    private readonly ConcurrentDictionary<string, SharedTarget> _targets = new(StringComparer.Ordinal);

    /// <summary>Keeps over restarts which columns were known; null to know them anew each time.</summary>
    public IKnownColumnStore? KnownColumns { get; init; }

    /// <summary>Told what an operator has to know of a target's schema; in sentences without values.</summary>
    public Action<CatalogAlert>? Alert { get; init; }

    /// <summary>What targets with temporary roles need; null where there are none.</summary>
    public RoleParts? Roles { get; init; }

    /// <summary>Adds a target, or replaces it: new sessions see the new one.</summary>
    /// <param name="target">Where to connect.</param>
    /// <param name="policy">What its columns hold, and how they are masked.</param>
    /// <param name="maskKeys">Stored keys, where an operator of the policy needs them.</param>
    public void Set(PostgresTarget target, TargetPolicy policy, MaskKeyRing? maskKeys = null)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(policy);
        var pool = new ControlPool(target, target.Time);
        var shared = new SharedTarget(
            target,
            new TargetCatalog(Tagged(policy), policy.Functions, target.Time, policy.Phi.Clean)
            {
                Keeper = KnownColumns is { } store
                    ? new ColumnKeeper(target.Name, store, why => Alert?.Invoke(new CatalogAlert(target.Name, "columns-unsaved", $"which columns are known cannot be saved: {why}")))
                    : null,
                DriftFound = (relation, column) => Alert?.Invoke(new CatalogAlert(
                    target.Name, "schema-drift", $"{relation} has no column {column}, which the configuration tags; all its columns are redacted until that is put right")),
            })
        {
            MaskKeys = maskKeys,
            Floor = target.Options.RequiresFloor ? new FloorGuard(target, policy.Phi.Columns, target.Time) : null,
            Control = pool,
            Roles = target.Options.TemporaryRoles is { } roles
                ? new RoleKeeper(
                    target, roles, pool, Roles ?? throw new InvalidOperationException("Temporary roles need a record."), target.Options.RequiresFloor ? policy.Phi.Columns : [])
                : null,
        };
        Find(target.Name)?.Roles?.Retire();
        _targets[target.Name] = shared;
        shared.Roles?.Start();
    }

    /// <summary>Whether a name is one of a target's objects, as far as its catalogue has been read.</summary>
    public bool IsKnownName(string target, string name) =>
        Find(target) is { } shared && shared.Words.Contains(System.Text.Encoding.UTF8.GetBytes(name.ToLowerInvariant()));

    public void Remove(string name)
    {
        if (_targets.TryRemove(name, out var gone))
        {
            gone.Roles?.Retire();
        }
    }

    /// <summary>Declares a target's columns and functions anew: its live sessions judge and mask by them from their next command.</summary>
    public void Redeclare(string name, TargetPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        Find(name)?.Catalog.Redeclare(Tagged(policy), policy.Functions, policy.Phi.Clean);
    }

    private static IEnumerable<TaggedColumn> Tagged(TargetPolicy policy) => policy.Phi.Columns.Select(column => new TaggedColumn(
        column.Schema, column.Table, column.Column, column.Tag,
        MaskIsConstant: policy.Phi.MaskFor(column.Tag).IsConstant, policy.Predicates.For(column.Tag)));

    internal SharedTarget? Find(string name) => _targets.GetValueOrDefault(name);
}

/// <summary>Something about a target's schema that an operator has to know.</summary>
/// <param name="Target">The target's name.</param>
/// <param name="Kind">A stable name, for metrics.</param>
/// <param name="Text">What it is; holds no value.</param>
public sealed record CatalogAlert(string Target, string Kind, string Text);

/// <summary>One target and what its sessions share: catalogue facts, and which notification payloads are known to be constants.</summary>
internal sealed record SharedTarget(PostgresTarget Target, TargetCatalog Catalog)
{
    /// <summary>Looks at the gateway's own rights before a session begins; null outside floor mode.</summary>
    public FloorGuard? Floor { get; init; }

    /// <summary>Connections of the gateway's own.</summary>
    public required ControlPool Control { get; init; }

    /// <summary>Gives each session a role of its own; null where sessions share the gateway's.</summary>
    public RoleKeeper? Roles { get; init; }

    public NotificationFilter Notifications { get; } = new();

    /// <summary>Held commands of all sessions that are measured at once.</summary>
    public MeasurePlaces Measures { get; } = new();

    public CatalogWords Words { get; } = new(Catalog);

    /// <summary>The stored keys of masks whose forms outlive a session; null where there are none.</summary>
    public MaskKeyRing? MaskKeys { get; init; }

    /// <summary>What sessions of one caller remember together of the tokens given out.</summary>
    public TokenVaults Vaults { get; } = new(TimeProvider.System);

    /// <summary>Finds DDL that did not pass the gateway.</summary>
    public CatalogWatch Watch { get; } = new(Target, Catalog, Target.Time);
}

/// <summary>The catalogue's names, as the template writer asks for them.</summary>
internal sealed class CatalogWords(TargetCatalog catalog) : Sql.IKnownWords
{
    public bool Contains(ReadOnlySpan<byte> lowerCased) => catalog.ContainsWord(lowerCased);
}
