using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Configuration;

/// <summary>What the parts of one file know of each other while they are read: the names that exist, and where relative paths begin.</summary>
internal sealed partial class Binding(Problems problems, string baseDirectory)
{
    private const string IdForm = @"\Ap_[0-9a-f]{16}\z";

    public Problems Problems => problems;

    public ImmutableArray<string> Issuers { get; set; } = [];

    public HashSet<string> Targets { get; } = new(StringComparer.Ordinal);

    /// <summary>Targets whose tagged columns nobody may read.</summary>
    public HashSet<string> FloorTargets { get; } = new(StringComparer.Ordinal);

    /// <summary>Groups named by a grant or a role; a rule can only match those.</summary>
    public HashSet<string> Groups { get; } = new(StringComparer.Ordinal);

    /// <summary>Tags given to at least one column.</summary>
    public HashSet<string> Tags { get; } = new(StringComparer.Ordinal);

    /// <summary>The absolute form of a path of the file.</summary>
    public string PathOf(string path) => Path.GetFullPath(path, baseDirectory);

    /// <summary>Takes a path whose file has to be readable; null with the problem noted when it is not.</summary>
    public string? ReadableFile(Section section, string key, bool isSecret = false)
    {
        if (section.Text(key) is not { } path)
        {
            return null;
        }
        var full = PathOf(path);
        try
        {
            using var file = File.OpenRead(full);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            section.Problem(key, $"file {full} cannot be read", "name a file that exists and that the gateway's user may read");
            return null;
        }
        if (isSecret && !OperatingSystem.IsWindows() && (File.GetUnixFileMode(full) & UnixFileMode.OtherRead) != 0)
        {
            problems.Warn(section.LineOf(key), $"every user of this machine can read {full}", "chmod 0640, with the gateway's group");
        }
        return full;
    }

    /// <summary><c>{file: PATH}</c> or <c>{env: NAME}</c>, read once now so that a missing secret is found before it is needed; null where there is none.</summary>
    public SecretSource? Secret(Section owner, string key)
    {
        if (owner.Take(key) is ConfigurationNode.Text)
        {
            owner.Problem(key, $"the {key} stands in the file itself, and whoever has it can post", $"put it elsewhere, and write {key}: {{file: PATH}} or {{env: NAME}}");
            return null;
        }
        if (owner.Child(key) is not { } section)
        {
            return null;
        }
        var file = ReadableFile(section, "file", isSecret: true);
        var variable = section.Text("env");
        if (section.Has("file") == section.Has("env"))
        {
            owner.Problem(key, $"{key} needs exactly one of file and env", "write {file: PATH} or {env: NAME}");
        }
        section.Finish();
        SecretSource? source = file is not null ? new SecretSource.FromFile(file) : variable is not null ? new SecretSource.FromEnvironment(variable) : null;
        try
        {
            source?.Read();
            return source;
        }
        catch (InvalidOperationException problem)
        {
            owner.Problem(key, problem.Message, "provide the secret before the gateway starts");
            return null;
        }
    }

    /// <summary>Notes a problem when a name does not exist; true when it does.</summary>
    public bool Exists(ConfigurationNode.Text name, HashSet<string> known, string kind)
    {
        if (known.Contains(name.Value))
        {
            return true;
        }
        problems.Add(name.Line, $"{kind} {name.Value} does not exist in this file", Spelling.Remedy(name.Value, known));
        return false;
    }

    public ImmutableArray<RelationName> Tables(Section section, string key)
    {
        var tables = ImmutableArray.CreateBuilder<RelationName>();
        foreach (var text in section.Texts(key))
        {
            if (QualifiedName.TrySplit(text.Value, 2, out var parts))
            {
                tables.Add(new RelationName(parts[0], parts[1]));
            }
            else
            {
                problems.Add(text.Line, $"{text.Value} is not a table's name", "write schema.table");
            }
        }
        return tables.ToImmutable();
    }

    public ImmutableArray<PrincipalMatch> Principals(Section section, string key) =>
        [.. section.Texts(key).Select(Principal).OfType<PrincipalMatch>()];

    /// <summary>Reads <c>p_ID</c> or <c>[agent:|human:]NAME[@ISSUER]</c>.</summary>
    private PrincipalMatch? Principal(ConfigurationNode.Text text)
    {
        if (PrincipalId.IsMatch(text.Value))
        {
            return new PrincipalMatch { Id = text.Value };
        }
        var (kind, name) = text.Value switch
        {
            ['a', 'g', 'e', 'n', 't', ':', .. var rest] => (PrincipalKind.Agent, rest),
            ['h', 'u', 'm', 'a', 'n', ':', .. var rest] => (PrincipalKind.Human, rest),
            _ => ((PrincipalKind?)null, text.Value),
        };
        var issuer = Issuers.FirstOrDefault(i => name.EndsWith($"@{i}", StringComparison.Ordinal));
        if (issuer is not null)
        {
            return new PrincipalMatch { Kind = kind, Name = name[..^(issuer.Length + 1)], Issuer = issuer };
        }
        if (Issuers.Length > 1)
        {
            problems.Add(text.Line, $"principal {text.Value} may exist at each of {Issuers.Length} issuers", "write NAME@ISSUER");
            return null;
        }
        return new PrincipalMatch { Kind = kind, Name = name };
    }

    [GeneratedRegex(IdForm, RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 100)]
    private static partial Regex PrincipalId { get; }
}
