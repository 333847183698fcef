using Sallyport.Gateway.Configuration;
using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Engine;
using Sallyport.Gateway.Protocols.Postgres.Target;
using Sallyport.Gateway.Targets;
using Sallyport.Gateway.Transport;

namespace Sallyport.Server.Hosting;

/// <summary>Turns the configured targets into ones that can be connected to.</summary>
internal static class ConfiguredTargets
{
    public static PostgresTargets Create(GatewayConfiguration configuration, TransportEngine transport, TimeProvider time)
    {
        var targets = new PostgresTargets();
        foreach (var target in configuration.Targets)
        {
            targets.Set(Create(target, transport, time), FactsOf(configuration.Policy, target.Name));
        }
        return targets;
    }

    /// <summary>Puts the targets of another configuration in place.</summary>
    /// <returns>Names of those that were removed or changed in a way that sessions already open do not see.</returns>
    public static IReadOnlyList<string> Replace(
        PostgresTargets targets, GatewayConfiguration before, GatewayConfiguration after, TransportEngine transport, TimeProvider time)
    {
        var stale = before.Targets.Select(target => target.Name).Except(after.Targets.Select(target => target.Name)).ToList();
        stale.ForEach(targets.Remove);
        foreach (var target in after.Targets)
        {
            if (!IsSame(before, after, target))
            {
                targets.Set(Create(target, transport, time), FactsOf(after.Policy, target.Name));
                stale.Add(target.Name);
            }
        }
        return stale;
    }

    private static bool IsSame(GatewayConfiguration before, GatewayConfiguration after, TargetConfiguration target)
    {
        var old = FactsOf(before.Policy, target.Name);
        var now = FactsOf(after.Policy, target.Name);
        return before.Targets.Contains(target)
            && old.Phi.Columns.SequenceEqual(now.Phi.Columns)
            && now.Phi.Columns.All(column => old.Phi.MaskFor(column.Tag) == now.Phi.MaskFor(column.Tag))
            && old.CleanFunctions.SetEquals(now.CleanFunctions);
    }

    private static TargetPolicy FactsOf(PolicySnapshot policy, string target) => policy.Target(target) ?? new TargetPolicy(target, PhiMap.Empty, []);

    private static PostgresTarget Create(TargetConfiguration target, TransportEngine transport, TimeProvider time) => new(
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
            ConnectTimeout = target.ConnectTimeout,
            StartupTimeout = target.ConnectTimeout,
        },
        transport,
        time);
}
