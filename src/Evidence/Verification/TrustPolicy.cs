using System.Globalization;
using System.Text;

namespace Sallyport.Evidence.Verification;

/// <summary>A witness of a policy.</summary>
/// <param name="Name">Its name inside the policy.</param>
/// <param name="Key">Its key.</param>
/// <param name="Url">Where it takes checkpoints, or null.</param>
public sealed record PolicyWitness(string Name, VerificationKey Key, Uri? Url);

/// <summary>
/// Whom an auditor trusts (c2sp.org/tlog-policy): logs, witnesses, and how many of the witnesses must have cosigned. Comes from the auditor, never from
/// what is verified.
/// </summary>
public sealed class TrustPolicy
{
    private const int MaxBytes = 256 << 10;
    private const int MaxEntries = 64;
    private const string None = "none";

    private readonly Dictionary<string, Group> _groups = new(StringComparer.Ordinal);
    private readonly HashSet<string> _members = new(StringComparer.Ordinal);
    private readonly List<VerificationKey> _logs = [];
    private readonly List<PolicyWitness> _witnesses = [];
    private string? _quorum;

    private TrustPolicy()
    {
    }

    public IReadOnlyList<VerificationKey> Logs => _logs;

    public IReadOnlyList<PolicyWitness> Witnesses => _witnesses;

    internal VerificationKey? FirstLog => _logs.Count > 0 ? _logs[0] : null;

    /// <summary>Whether cosignatures are required.</summary>
    public bool NeedsWitnesses => _quorum is not null and not None;

    /// <summary>One log, no witnesses.</summary>
    public static TrustPolicy Of(VerificationKey log)
    {
        var policy = new TrustPolicy { _quorum = None };
        policy.AddLog(log);
        return policy;
    }

    /// <exception cref="FormatException">Not a policy; the message names the line.</exception>
    public static TrustPolicy Parse(ReadOnlySpan<byte> text)
    {
        if (text.Length > MaxBytes)
        {
            throw new FormatException($"A policy has at most {MaxBytes} bytes.");
        }
        var policy = new TrustPolicy();
        // Octets beyond ASCII are opaque to the format, so they travel as Latin-1.
        var lines = Encoding.Latin1.GetString(text).Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            try
            {
                policy.AddLine(lines[i]);
            }
            catch (FormatException error)
            {
                throw new FormatException($"Line {i + 1} of the policy: {error.Message}", error);
            }
        }
        return policy._quorum is null ? throw new FormatException("The policy has no quorum line.") : policy;
    }

    /// <summary>Whether the witnesses of these names are enough.</summary>
    public bool IsQuorum(IReadOnlySet<string> cosigned) => !NeedsWitnesses || HasWitnessed(_quorum!, cosigned);

    private bool HasWitnessed(string name, IReadOnlySet<string> cosigned) =>
        _groups.TryGetValue(name, out var group)
            ? group.Members.Count(member => HasWitnessed(member, cosigned)) >= group.Threshold
            : cosigned.Contains(name);

    private void AddLine(string line)
    {
        if (line.Any(octet => octet is (< ' ' and not '\t') or '\u007f'))
        {
            throw new FormatException("it has a control character.");
        }
        var items = line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        if (items.Length == 0 || items[0].StartsWith('#'))
        {
            return;
        }
        switch (items)
        {
            case ["log", _] or ["log", _, _]:
                AddLog(ParseKey(items[1]));
                break;
            case ["witness", _, _] or ["witness", _, _, _]:
                AddWitness(items[1], ParseKey(items[2]), items.ElementAtOrDefault(3));
                break;
            case ["group", var name, var threshold, _, ..]:
                AddGroup(name, threshold, items[3..]);
                break;
            case ["quorum", var name] when _quorum is null:
                _quorum = name is None || IsDefined(name) ? name : throw new FormatException("the quorum names nothing that is defined above.");
                break;
            default:
                throw new FormatException("it is no log, witness, group or quorum line, or a second quorum.");
        }
    }

    private static VerificationKey ParseKey(string text) => VerificationKey.Parse(Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(text)));

    private void AddLog(VerificationKey key)
    {
        if (key.IsWitness)
        {
            throw new FormatException("the key of a log is not a cosignature key.");
        }
        if (_logs.Count >= MaxEntries || _logs.Exists(log => log.PublicKey.AsSpan().SequenceEqual(key.PublicKey)))
        {
            throw new FormatException("the log is there twice, or there are too many.");
        }
        _logs.Add(key);
    }

    private void AddWitness(string name, VerificationKey key, string? url)
    {
        if (!key.IsWitness)
        {
            throw new FormatException("the key of a witness is a cosignature key.");
        }
        if (_witnesses.Count >= MaxEntries || _witnesses.Exists(witness => witness.Key.PublicKey.AsSpan().SequenceEqual(key.PublicKey)))
        {
            throw new FormatException("the witness's key is there twice, or there are too many.");
        }
        Define(name);
        Uri? address = null;
        if (url is not null && (!Uri.TryCreate(url, UriKind.Absolute, out address) || (address.Scheme != Uri.UriSchemeHttps && address.Scheme != Uri.UriSchemeHttp)))
        {
            throw new FormatException("the witness's address is no http or https URL.");
        }
        _witnesses.Add(new PolicyWitness(name, key, address));
    }

    private void AddGroup(string name, string threshold, string[] members)
    {
        var isNumber = int.TryParse(threshold, NumberStyles.None, CultureInfo.InvariantCulture, out var number);
        var needed = threshold switch
        {
            "all" => members.Length,
            "any" => 1,
            _ when isNumber && number >= 1 && number <= members.Length => number,
            _ => throw new FormatException("a group's threshold is all, any, or a number from 1 to its members."),
        };
        if (Array.Exists(members, member => !IsDefined(member) || !_members.Add(member)))
        {
            throw new FormatException("a group's members are defined above it, and each is a member once.");
        }
        if (_groups.Count >= MaxEntries)
        {
            throw new FormatException("there are too many groups.");
        }
        Define(name);
        _groups.Add(name, new Group(needed, members));
    }

    private void Define(string name)
    {
        if (name is None || IsDefined(name))
        {
            throw new FormatException("the name is taken.");
        }
    }

    private bool IsDefined(string name) => _groups.ContainsKey(name) || _witnesses.Exists(witness => string.Equals(witness.Name, name, StringComparison.Ordinal));

    private sealed record Group(int Threshold, IReadOnlyList<string> Members);
}
