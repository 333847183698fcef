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
    public static TargetChanges Compare(GatewayConfiguration before, GatewayConfiguration after, bool areKeysSame, TransportEngine transport, TimeProvider time) => new(
        [.. before.Targets.Select(target => target.Name).Except(after.Targets.Select(target => target.Name))],
        [.. after.Targets
            .Where(target => !IsSame(before, after, target) || (!areKeysSame && FactsOf(after.Policy, target.Name).Phi.NeedsStoredKey))
            .Select(target => (Create(target, transport, time), FactsOf(after.Policy, target.Name)))]);

    private static bool IsSame(GatewayConfiguration before, GatewayConfiguration after, TargetConfiguration target)
    {
        var old = FactsOf(before.Policy, target.Name);
        var now = FactsOf(after.Policy, target.Name);
        return before.Targets.Contains(target)
            && old.Phi.Columns.SequenceEqual(now.Phi.Columns)
            && old.Phi.Clean.SequenceEqual(now.Phi.Clean)
            && now.Phi.Columns.All(column => old.Phi.MaskFor(column.Tag) == now.Phi.MaskFor(column.Tag))
            && old.Functions.SequenceEqual(now.Functions);
    }

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
/// <param name="Changed">New targets, and those with another address, tags, masks, stored mask keys or functions.</param>
internal sealed record TargetChanges(IReadOnlyList<string> Removed, IReadOnlyList<(PostgresTarget Target, TargetPolicy Facts)> Changed)
{
    /// <summary>Whether sessions at a target that are open already know something that no longer holds.</summary>
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
    }
}
