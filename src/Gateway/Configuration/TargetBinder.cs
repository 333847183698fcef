using System.Collections.Immutable;
using System.Text;
using System.Text.RegularExpressions;

namespace Sallyport.Gateway.Configuration;

/// <summary>Reads <c>targets:</c>.</summary>
internal static partial class TargetBinder
{
    private const int PostgresPort = 5432;

    private static readonly Dictionary<string, TargetTls> TlsModes = new(StringComparer.Ordinal)
    {
        ["disable"] = TargetTls.Disable,
        ["require"] = TargetTls.Require,
        ["verify-ca"] = TargetTls.VerifyCa,
        ["verify-full"] = TargetTls.VerifyFull,
    };

    private static readonly Dictionary<string, TargetMode> Modes = new(StringComparer.Ordinal)
    {
        ["lineage"] = TargetMode.Lineage,
        ["floor"] = TargetMode.Floor,
    };

    /// <summary>PostgreSQL cuts longer names.</summary>
    private const int MaxRoleNameBytes = 63;

    private static readonly Dictionary<string, bool> Privileges = new(StringComparer.Ordinal) { ["grants"] = true };

    private static readonly Dictionary<string, bool> Kinds = new(StringComparer.Ordinal) { ["postgres"] = true };

    public static ImmutableArray<TargetConfiguration> Bind(Section root, Binding binding)
    {
        root.Require("targets");
        var targets = ImmutableArray.CreateBuilder<TargetConfiguration>();
        foreach (var section in root.Children("targets"))
        {
            var target = BindOne(section, binding);
            section.Finish();
            if (target.Name.Length > 0 && !binding.Targets.Add(target.Name))
            {
                section.Problem("name", $"target {target.Name} stands here a second time", "give each target its own name");
            }
            if (target.Mode == TargetMode.Floor)
            {
                binding.FloorTargets.Add(target.Name);
            }
            targets.Add(target);
        }
        return targets.ToImmutable();
    }

    private static TargetConfiguration BindOne(Section section, Binding binding)
    {
        section.Require("kind");
        section.Choice("kind", Kinds);
        var (host, port) = Address(section);
        var tls = section.Choice("tls", TlsModes) ?? TargetTls.VerifyFull;
        var authority = binding.ReadableFile(section, "ca");
        CheckTls(section, tls, host);
        var (user, password) = Credential(section, binding);
        return new TargetConfiguration
        {
            Name = Name(section),
            Host = host,
            Port = port,
            Database = section.RequiredText("database") ?? "",
            Tls = tls,
            AuthorityFile = authority,
            User = user,
            Password = password,
            Mode = section.Choice("mode", Modes) ?? TargetMode.Lineage,
            TemporaryRoles = TemporaryRoles(section, user),
            ConnectTimeout = section.Duration("connectTimeout", TimeSpan.FromSeconds(10), TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(2)),
        };
    }

    private static string Name(Section section)
    {
        var name = section.RequiredText("name") ?? "";
        if (name.Length > 0 && !NameForm.IsMatch(name))
        {
            section.Problem("name", $"{name} cannot be a target's name", "use up to 63 letters, digits, - and _, beginning with a letter or digit");
        }
        return name;
    }

    private static (string Host, int Port) Address(Section section)
    {
        if (section.RequiredText("address") is not { } text)
        {
            return ("", 0);
        }
        if (Scalars.TryHostPort(text, PostgresPort, out var host, out var port))
        {
            return (host, port);
        }
        section.Problem("address", "address is not a host and a port", "write HOST:PORT, such as db.internal:5432 or [fd00::1]:5432");
        return ("", 0);
    }

    private static TemporaryRolesConfiguration? TemporaryRoles(Section section, string user)
    {
        if (section.Child("temporaryRoles") is not { } roles)
        {
            return null;
        }
        var memberOf = roles.Names("memberOf");
        var fromGrants = roles.Choice("privileges", Privileges) ?? false;
        var reassignTo = roles.Text("reassignTo");
        if (!roles.Has("memberOf") && !roles.Has("privileges"))
        {
            section.Problem("temporaryRoles", "temporaryRoles gives sessions no rights at all", "name memberOf: [ROLE], or privileges: grants, or both");
        }
        if (memberOf.Contains(user))
        {
            roles.Problem("memberOf", $"a session's role cannot be a member of {user}, which makes it", "make a role that has the rights of sessions, and name that");
        }
        foreach (var name in memberOf.Append(reassignTo ?? "").Where(static name => Encoding.UTF8.GetByteCount(name) > MaxRoleNameBytes))
        {
            section.Problem("temporaryRoles", $"{name} cannot be a role's name", $"use at most {MaxRoleNameBytes} bytes");
        }
        roles.Finish();
        return new TemporaryRolesConfiguration(memberOf, fromGrants, reassignTo);
    }

    private static void CheckTls(Section section, TargetTls tls, string host)
    {
        if (section.Has("ca") && tls is TargetTls.Disable or TargetTls.Require)
        {
            section.Problem("ca", "ca is given, but the server's certificate is not checked", "write tls: verify-full, or remove ca");
        }
        if (tls == TargetTls.Disable && host is not ("localhost" or "127.0.0.1" or "::1" or ""))
        {
            section.Problems.Warn(section.LineOf("tls"), "rows travel from this target without TLS", "write tls: verify-full");
        }
    }

    private static (string User, SecretSource? Password) Credential(Section section, Binding binding)
    {
        section.Require("credential");
        if (section.Child("credential") is not { } credential)
        {
            return ("", null);
        }
        var user = credential.RequiredText("user") ?? "";
        var password = Password(credential, binding);
        credential.Finish();
        return (user, password);
    }

    private static SecretSource? Password(Section credential, Binding binding)
    {
        if (credential.Take("password") is ConfigurationNode.Text)
        {
            credential.Problem("password", "the password stands in the file itself", "put it elsewhere, and write password: {file: PATH} or {env: NAME}");
            return null;
        }
        if (credential.Child("password") is not { } section)
        {
            return null;
        }
        var file = binding.ReadableFile(section, "file", isSecret: true);
        var variable = section.Text("env");
        if (section.Has("file") == section.Has("env"))
        {
            credential.Problem("password", "password needs exactly one of file and env", "write {file: PATH} or {env: NAME}");
        }
        section.Finish();
        SecretSource? source = file is not null ? new SecretSource.FromFile(file) : variable is not null ? new SecretSource.FromEnvironment(variable) : null;
        CheckSecret(credential, source);
        return source;
    }

    private static void CheckSecret(Section credential, SecretSource? source)
    {
        try
        {
            source?.Read();
        }
        catch (InvalidOperationException problem)
        {
            credential.Problem("password", problem.Message, "provide the secret before the gateway starts");
        }
    }

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9_-]{0,62}\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 100)]
    private static partial Regex NameForm { get; }
}
