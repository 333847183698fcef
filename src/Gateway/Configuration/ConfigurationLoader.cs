using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Configuration;

/// <summary>
/// Reads a configuration file as a whole: either everything in it can be enforced, or every problem is listed and nothing is used.
/// <c>docs/reference/configuration.md</c> describes each key.
/// </summary>
public static class ConfigurationLoader
{
    /// <summary>Longest configuration file.</summary>
    public const int MaxFileBytes = 1024 * 1024;

    private const int MaxOriginLength = 255;

    /// <summary>Reads the file at <paramref name="path"/>, and checks the files it names. Relative paths begin at the file's own folder.</summary>
    public static ConfigurationResult Load(string path)
    {
        var problems = new Problems(path);
        byte[] bytes;
        try
        {
            bytes = BoundedFile.Read(path, MaxFileBytes);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            problems.Add(1, "the file cannot be read", "name a file that exists and that this user may read");
            return new ConfigurationResult(null, problems.ToImmutable());
        }
        catch (InvalidDataException)
        {
            problems.Add(1, $"the file is longer than {MaxFileBytes} bytes", "split the policy between several gateways");
            return new ConfigurationResult(null, problems.ToImmutable());
        }
        var text = Canonical(bytes);
        var node = new ConfigurationReader(problems).Read(text);
        GatewayConfiguration? configuration = null;
        if (node is ConfigurationNode.Map map)
        {
            var binding = new Binding(problems, Path.GetDirectoryName(Path.GetFullPath(path))!);
            configuration = Bind(new Section(map, "", problems), binding, HashOf(text));
        }
        else if (node is not null)
        {
            problems.Add(node.Line, "the file is not a map", "write KEY: value lines, as in samples/config/clinic.yaml");
        }
        return new ConfigurationResult(problems.HasErrors ? null : configuration, problems.ToImmutable()) { Hash = HashOf(text) };
    }

    /// <summary>The hash a file would have as a configuration, or null where it cannot be read now.</summary>
    public static string? HashOfFile(string path)
    {
        try
        {
            return HashOf(Canonical(BoundedFile.Read(path, MaxFileBytes)));
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return null;
        }
    }

    /// <summary>The text with LF line ends and no byte order mark: the form that is hashed, so that a checkout on another system is the same policy.</summary>
    private static string Canonical(byte[] bytes) =>
        Encoding.UTF8.GetString(bytes).TrimStart('\uFEFF').Replace("\r\n", "\n", StringComparison.Ordinal);

    private static string HashOf(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    /// <summary>Reads the parts in the order in which they refer to each other. Null when there are problems.</summary>
    private static GatewayConfiguration? Bind(Section root, Binding binding, string hash)
    {
        var origin = Origin(root);
        var data = root.RequiredText("data");
        var witness = Witness(root);
        var (listen, tls, insecureLoopback, publicUrl) = ListenBinder.Bind(root, binding, origin);
        var identity = IdentityBinder.Bind(root, binding);
        if (identity.Any(issuer => issuer.Certificates is not null) && tls is not { AsksForCertificate: true })
        {
            root.Problem("identity", "clientCertificates are trusted, and clients are not asked for any", "add clientCertificates: optional to tls");
        }
        listen = listen with { OAuthIssuer = OAuthIssuer(root, listen, identity) };
        binding.Issuers = [.. identity.Select(i => i.Issuer).Where(i => i.Length > 0)];
        var tokens = TokensBinder.Bind(root, binding, publicUrl, identity);
        var targets = TargetBinder.Bind(root, binding);
        var facts = PredicatesBinder.Bind(root, binding, PhiBinder.Bind(root, binding));
        var maskKeys = MasksBinder.BindKeys(root, binding);
        var roles = RolesBinder.Bind(root, binding);
        var grants = GrantBinder.Bind(root, binding, facts);
        var access = AccessBinder.Bind(root, binding, facts);
        var rules = RuleBinder.Bind(root, binding);
        var inference = InferenceBinder.Bind(root);
        var budgets = BudgetsBinder.Bind(root, binding);
        roles = RolesBinder.WithReviewers(roles, [.. rules.SelectMany(r => r.Approvers), .. inference.Approvers, .. budgets.SelectMany(b => b.Approvers), .. AccessBinder.Deciders(access)], root, binding);
        var limits = LimitsBinder.Bind(root);
        var telemetry = Telemetry(root);
        var notifications = NotificationsBinder.Bind(root, binding);
        var exports = ExportsBinder.Bind(root, binding);
        root.Finish();
        if (binding.Problems.HasErrors)
        {
            return null;
        }
        return new GatewayConfiguration
        {
            Origin = origin,
            Hash = hash,
            DataDirectory = binding.PathOf(data!),
            WitnessDirectory = witness.Directory is null ? null : binding.PathOf(witness.Directory),
            WitnessPolicyFile = witness.Policy is null ? null : binding.PathOf(witness.Policy),
            PublicUrl = publicUrl,
            Listen = listen,
            Tls = tls,
            InsecureLoopback = insecureLoopback,
            Identity = identity,
            Tokens = tokens,
            Targets = targets,
            Policy = new PolicySnapshot(hash, facts, grants, rules) { Inference = inference, Budgets = budgets, Access = access },
            MaskKeys = maskKeys,
            Roles = roles,
            Limits = limits,
            Telemetry = telemetry,
            Notifications = notifications,
            Exports = exports,
        };
    }

    /// <summary>C2SP signed-note: a key name is not empty and holds no space and no plus.</summary>
    private static string Origin(Section root)
    {
        var origin = root.RequiredText("origin") ?? "";
        if (origin.Any(c => char.IsWhiteSpace(c) || char.IsControl(c) || c == '+') || origin.Length > MaxOriginLength)
        {
            root.Problem("origin", "origin cannot name a ledger", $"write a host name of your own, without spaces and +, of at most {MaxOriginLength} characters");
        }
        return origin;
    }

    private static (string? Directory, string? Policy) Witness(Section root)
    {
        if (root.Child("witness") is not { } section)
        {
            return (null, null);
        }
        var (directory, policy) = (section.Text("directory"), section.Text("policy"));
        if (directory is null && policy is null)
        {
            section.Problem("directory", "witness names nothing", "give a directory, a policy, or both");
        }
        section.Finish();
        return (directory, policy);
    }

    /// <summary>The first issuer that people can reach and sign in at, unless another is named.</summary>
    private static string? OAuthIssuer(Section root, ListenConfiguration listen, ImmutableArray<IssuerOptions> identity)
    {
        if (listen.OAuthIssuer is { } named && identity.All(issuer => issuer.Issuer != named))
        {
            root.Problem("listen", $"issuer {named} is not trusted, so its tokens would be refused", Spelling.Remedy(named, identity.Select(issuer => issuer.Issuer)));
        }
        return listen.OAuthIssuer ?? identity.FirstOrDefault(issuer => issuer is { KeysFile: null, IsAgentsOnly: false, IsForExchangeOnly: false, Certificates: null })?.Issuer;
    }

    private static TelemetryConfiguration Telemetry(Section root)
    {
        if (root.Child("telemetry") is not { } section)
        {
            return new TelemetryConfiguration(null);
        }
        var endpoint = section.Address("otlp");
        section.Finish();
        return new TelemetryConfiguration(endpoint);
    }
}
