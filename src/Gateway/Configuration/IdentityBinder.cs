using System.Collections.Immutable;
using System.Security.Cryptography;
using Sallyport.Gateway.Identity;

namespace Sallyport.Gateway.Configuration;

/// <summary>Reads <c>identity:</c>, the trusted issuers.</summary>
internal static class IdentityBinder
{
    private static readonly Dictionary<string, PrincipalKind> Kinds = new(StringComparer.Ordinal) { ["agent"] = PrincipalKind.Agent };

    private static readonly Dictionary<string, CertificateName> CertificateNames = new(StringComparer.Ordinal)
    {
        ["uri"] = CertificateName.Uri,
        ["dns"] = CertificateName.Dns,
        ["cn"] = CertificateName.Cn,
    };

    public static ImmutableArray<IssuerOptions> Bind(Section root, Binding binding)
    {
        root.Require("identity");
        var issuers = ImmutableArray.CreateBuilder<IssuerOptions>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var section in root.Children("identity"))
        {
            var issuer = BindOne(section, binding);
            section.Finish();
            if (issuer.Issuer.Length > 0 && !seen.Add(issuer.Issuer))
            {
                section.Problem("issuer", $"issuer {issuer.Issuer} stands here a second time", "merge the two entries; audience may be a list");
            }
            issuers.Add(issuer);
        }
        if (root.Take("identity") is ConfigurationNode.List { Items.IsEmpty: true })
        {
            root.Problem("identity", "no issuer is trusted, so nobody could sign in", "add - {issuer: https://..., audience: ...}");
        }
        return issuers.ToImmutable();
    }

    private static IssuerOptions BindOne(Section section, Binding binding)
    {
        if (section.Has("clientCertificates"))
        {
            return OfCertificates(section, binding);
        }
        section.Require("audience");
        var (keysFile, keysAddress) = Keys(section, binding);
        var options = new IssuerOptions
        {
            Issuer = Issuer(section, needsAddress: !section.Has("jwks")),
            Audiences = section.Names("audience"),
            Algorithms = Algorithms(section),
            GroupsClaim = section.Text("groups") ?? "groups",
            GroupsPrefix = section.Text("groupsPrefix") ?? "",
            RunIdClaim = section.Text("runId") ?? "run_id",
            Agents = Agents(section),
            IsAgentsOnly = section.Choice("kind", Kinds) == PrincipalKind.Agent,
            AgentNameClaim = section.Text("agentName"),
            IsForExchangeOnly = (section.Flag("exchangeOnly") ?? false) | (section.Flag("oneTime") ?? false),
            IsOneTime = section.Flag("oneTime") ?? false,
            KeysFile = keysFile,
            KeysAddress = keysAddress,
            ClockSkew = section.Duration("clockSkew", TimeSpan.FromSeconds(30), TimeSpan.Zero, TimeSpan.FromMinutes(5)),
            KeysRefresh = section.Duration("keysRefresh", TimeSpan.FromMinutes(10), TimeSpan.FromSeconds(10), TimeSpan.FromDays(1)),
            KeysExpire = section.Duration("keysExpire", TimeSpan.FromHours(1), TimeSpan.FromMinutes(1), TimeSpan.FromDays(7)),
        };
        if (options.KeysExpire < options.KeysRefresh)
        {
            section.Problem("keysExpire", "keysExpire is shorter than keysRefresh", "make it several times as long, to bridge an outage of the issuer");
        }
        return options;
    }

    /// <summary>An entry that vouches by certificates has a name, and nothing that is about tokens.</summary>
    private static IssuerOptions OfCertificates(Section section, Binding binding)
    {
        var certificates = section.Child("clientCertificates");
        certificates?.Require("ca");
        var name = certificates?.Choice("principal", CertificateNames) ?? CertificateName.Uri;
        var file = certificates is null ? null : binding.ReadableFile(certificates, "ca");
        certificates?.Finish();
        return new IssuerOptions
        {
            Issuer = Issuer(section, needsAddress: false),
            Audiences = [],
            IsAgentsOnly = section.Choice("kind", Kinds) == PrincipalKind.Agent,
            Certificates = file is null ? null : Authorities(certificates!, file, name),
        };
    }

    private static CertificateTrust? Authorities(Section section, string file, CertificateName name)
    {
        try
        {
            return CertificateTrust.Parse(BoundedFile.ReadText(file, KeySet.MaxDocumentBytes), name);
        }
        catch (Exception problem) when (problem is CryptographicException or InvalidDataException)
        {
            section.Problem("ca", $"file {file} holds no certificates", "name a PEM file of the authorities");
            return null;
        }
    }

    private static string Issuer(Section section, bool needsAddress)
    {
        var issuer = section.RequiredText("issuer") ?? "";
        var isAddress = Uri.TryCreate(issuer, UriKind.Absolute, out var address) && KeyFetcher.IsSafe(address);
        if (issuer.Length > 0 && needsAddress && !isAddress)
        {
            section.Problem("issuer", "issuer is not an https address (http is for loopback only)", "write it exactly as the token's iss, or name its keys with jwks");
        }
        return issuer;
    }

    private static ImmutableArray<string> Algorithms(Section section)
    {
        var named = section.Texts("algorithms");
        foreach (var text in named.Where(t => !IssuerOptions.SupportedAlgorithms.Contains(t.Value)))
        {
            section.Problems.Add(text.Line, $"algorithm {text.Value} cannot be used", Spelling.Remedy(text.Value, IssuerOptions.SupportedAlgorithms));
        }
        return named.IsEmpty ? IssuerOptions.DefaultAlgorithms : [.. named.Select(t => t.Value)];
    }

    private static AgentMatcher? Agents(Section section)
    {
        if (section.Child("agents") is not { } agents)
        {
            return null;
        }
        agents.Require("in");
        var matcher = new AgentMatcher(agents.RequiredText("claim") ?? "", agents.Names("in"));
        agents.Finish();
        return matcher;
    }

    private static (string? File, Uri? Address) Keys(Section section, Binding binding)
    {
        if (section.Child("jwks") is not { } jwks)
        {
            return (null, null);
        }
        if (jwks.Has("file") == jwks.Has("url"))
        {
            section.Problem("jwks", "jwks needs exactly one of file and url", "write {file: keys.json} or {url: https://...}");
        }
        var file = binding.ReadableFile(jwks, "file");
        var address = jwks.Address("url");
        jwks.Finish();
        if (address is not null && !KeyFetcher.IsSafe(address))
        {
            jwks.Problem("url", "keys are fetched by https only (http is for loopback)", "use an https address");
        }
        if (file is not null)
        {
            CheckKeys(jwks, file);
        }
        return (file, address);
    }

    private static void CheckKeys(Section jwks, string file)
    {
        try
        {
            KeySet.Parse(BoundedFile.ReadText(file, KeySet.MaxDocumentBytes));
        }
        catch (InvalidDataException problem)
        {
            jwks.Problem("file", $"file {file}: {problem.Message}", "put the issuer's public keys there, as its jwks_uri serves them");
        }
    }
}
