using Sallyport.Gateway.Configuration;
using Sallyport.Gateway.Masking;
using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Analysis;
using Sallyport.Gateway.Protocols.Postgres.Engine;
using Sallyport.Gateway.Protocols.Postgres.Roles;
using Sallyport.Gateway.Protocols.Postgres.Target;
using Sallyport.Gateway.Targets;
using Sallyport.Gateway.Transport;

namespace Sallyport.Server.Hosting;

/// <summary>Turns the configured targets into ones that can be connected to.</summary>
internal static class ConfiguredTargets
{
    public static PostgresTargets Create(
        GatewayConfiguration configuration, MaskKeyRing? maskKeys, IKnownColumnStore known, Action<CatalogAlert> alert, RoleParts roles, TransportEngine transport, TimeProvider time)
    {
        var targets = new PostgresTargets { KnownColumns = known, Alert = alert, Roles = roles };
        foreach (var target in configuration.Targets)
        {
            targets.Set(Create(target, transport, time), FactsOf(configuration.Policy, target.Name), maskKeys);
        }
        return targets;
    }

    /// <summary>Prepares the step from one configuration's targets to another's. Changes nothing yet.</summary>
    /// <param name="before">In force now.</param>
    /// <param name="after">To be in force.</param>
    /// <param name="areKeysSame">Whether the stored mask keys stay.</param>
    /// <param name="transport">Makes connections.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="Gateway.Transport.Tls.TlsFailedException">A CA file cannot be used.</exception>
    public static TargetChanges Compare(GatewayConfiguration before, GatewayConfiguration after, bool areKeysSame, TransportEngine transport, TimeProvider time)
    {
        var replaced = after.Targets.Where(target => NeedsNewSessions(before, after, target, areKeysSame)).ToList();
        return new TargetChanges(
            [.. before.Targets.Select(target => target.Name).Except(after.Targets.Select(target => target.Name))],
            [.. replaced.Select(target => (Create(target, transport, time), FactsOf(after.Policy, target.Name)))],
            [.. after.Targets
                .Except(replaced)
                .Where(target => !IsDeclaredAlike(FactsOf(before.Policy, target.Name), FactsOf(after.Policy, target.Name)))
                .Select(target => FactsOf(after.Policy, target.Name))]);
    }

    /// <summary>
    /// Sessions hold a connection, and the keys of masks, as they were at their start. In floor mode the gateway's rights at the target follow from
    /// the tagged columns too.
    /// </summary>
    private static bool NeedsNewSessions(GatewayConfiguration before, GatewayConfiguration after, TargetConfiguration target, bool areKeysSame)
    {
        var now = FactsOf(after.Policy, target.Name);
        return !before.Targets.Contains(target)
            || (!areKeysSame && now.Phi.NeedsStoredKey)
            || (target.Mode == TargetMode.Floor && !FactsOf(before.Policy, target.Name).Phi.Columns.SequenceEqual(now.Phi.Columns));
    }

    /// <summary>Whether nothing changes that a statement's meaning depends on.</summary>
    private static bool IsDeclaredAlike(TargetPolicy old, TargetPolicy now) =>
        old.Phi.Columns.SequenceEqual(now.Phi.Columns)
        && old.Phi.Clean.SequenceEqual(now.Phi.Clean)
        && now.Phi.Columns.All(column => old.Phi.MaskFor(column.Tag) == now.Phi.MaskFor(column.Tag) && old.Predicates.For(column.Tag) == now.Predicates.For(column.Tag))
        && old.Functions.SequenceEqual(now.Functions);

    public static TargetPolicy FactsOf(PolicySnapshot policy, string target) => policy.Target(target) ?? new TargetPolicy(target, PhiMap.Empty, []);

    public static PostgresTarget Create(TargetConfiguration target, TransportEngine transport, TimeProvider time) => new(
        new PostgresTargetOptions
        {
            Name = target.Name,
            Host = target.Host,
            Port = target.Port,
            Database = target.Database,
            User = target.User,
            Password = target.Password switch
            {
                null => CredentialSource.FromValue(""),
                SecretSource.FromFile file => CredentialSource.FromFile(file.Path),
                SecretSource.FromEnvironment environment => CredentialSource.FromEnvironment(environment.Variable),
                _ => throw new InvalidOperationException("The configuration names a kind of secret that has no source."),
            },
            TlsMode = Enum.Parse<TargetTlsMode>(target.Tls.ToString()),
            CaFile = target.AuthorityFile,
            RequiresFloor = target.Mode == TargetMode.Floor,
            TemporaryRoles = target.TemporaryRoles is { } roles
                ? new TemporaryRoleOptions { MemberOf = roles.MemberOf, FromGrants = roles.FromGrants, ReassignTo = roles.ReassignTo }
                : null,
            ConnectTimeout = target.ConnectTimeout,
            StartupTimeout = target.ConnectTimeout,
        },
        transport,
        time);
}

/// <summary>What differs between the targets of two configurations.</summary>
/// <param name="Removed">Names that are gone.</param>
/// <param name="Changed">New targets, and those with another address, credential or stored mask keys.</param>
/// <param name="Redeclared">Targets with other tags, masks, predicates or functions, which live sessions take over.</param>
internal sealed record TargetChanges(
    IReadOnlyList<string> Removed, IReadOnlyList<(PostgresTarget Target, TargetPolicy Facts)> Changed, IReadOnlyList<TargetPolicy> Redeclared)
{
    /// <summary>Whether sessions at a target that are open already cannot go on.</summary>
    public bool Concerns(string target) => Removed.Contains(target) || Changed.Any(changed => changed.Target.Name == target);

    public void ApplyTo(PostgresTargets targets, MaskKeyRing? maskKeys)
    {
        foreach (var name in Removed)
        {
            targets.Remove(name);
        }
        foreach (var (target, facts) in Changed)
        {
            targets.Set(target, facts, maskKeys);
        }
        foreach (var facts in Redeclared)
        {
            targets.Redeclare(facts.Name, facts);
        }
    }
}
