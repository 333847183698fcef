using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Approvals;

/// <summary>
/// Tells whether two commands are the same without keeping either: HMAC-SHA-256 under a key of this gateway and a random salt of the approval,
/// so that the stored value cannot be found by trying likely statements.
/// </summary>
public sealed class CommandIdentity : IDisposable
{
    public const int SaltBytes = 16;
    private const int KeyBytes = 32;

    private readonly byte[] _key;

    public CommandIdentity(ReadOnlySpan<byte> key)
    {
        if (key.Length != KeyBytes)
        {
            throw new ArgumentException($"The key has {key.Length} bytes instead of {KeyBytes}.", nameof(key));
        }
        _key = key.ToArray();
    }

    /// <summary>Reads the key from <paramref name="path"/>, or makes one there that only the gateway's user may read.</summary>
    /// <exception cref="InvalidDataException">The file is not a key, or others may read it.</exception>
    public static CommandIdentity LoadOrCreate(string path)
    {
        if (!File.Exists(path))
        {
            CreateKeyFile(path);
        }
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & ~(UnixFileMode.UserRead | UnixFileMode.UserWrite)) != 0)
        {
            throw new InvalidDataException($"The approval key '{path}' must be readable by its owner only (mode 0600).");
        }
        using var file = File.OpenRead(path);
        Span<byte> key = stackalloc byte[KeyBytes];
        if (file.Length != KeyBytes)
        {
            throw new InvalidDataException($"The approval key '{path}' does not have {KeyBytes} bytes.");
        }
        file.ReadExactly(key);
        var identity = new CommandIdentity(key);
        CryptographicOperations.ZeroMemory(key);
        return identity;
    }

    /// <summary>The part of the identity that does not depend on an approval. Each field carries its length, so no two lists of fields run together.</summary>
    public ImmutableArray<byte> Digest(ApprovalQuestion question)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _key);
        Append(hmac, Encoding.UTF8.GetBytes(question.Requester.Id));
        Append(hmac, Encoding.UTF8.GetBytes(question.Requester.RunId));
        Append(hmac, Encoding.UTF8.GetBytes(question.Command.Target));
        Append(hmac, Encoding.UTF8.GetBytes(MeaningOf(question.Command)));
        Append(hmac, question.Statement.Span);
        Append(hmac, question.Parameters.Span);
        return [.. hmac.GetHashAndReset()];
    }

    /// <summary>What two commands have in common that differ in constants and parameters only: who, for which run, where, and what the command means there.</summary>
    /// <param name="plan">As in <see cref="ApprovalQuestion.Plan"/>.</param>
    public ImmutableArray<byte> PlanDigest(Principal requester, Command command, ReadOnlySpan<byte> plan)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _key);
        Append(hmac, "plan"u8);
        Append(hmac, Encoding.UTF8.GetBytes(requester.Id));
        Append(hmac, Encoding.UTF8.GetBytes(requester.RunId));
        Append(hmac, Encoding.UTF8.GetBytes(command.Target));
        Append(hmac, Encoding.UTF8.GetBytes(MeaningOf(command)));
        Append(hmac, Encoding.UTF8.GetBytes(string.Join('\n', command.Functions)));
        Append(hmac, Encoding.UTF8.GetBytes(string.Join('\n', command.PhiColumns)));
        Append(hmac, plan);
        return [.. hmac.GetHashAndReset()];
    }

    /// <summary>What is stored and recorded for one approval.</summary>
    public ImmutableArray<byte> Commit(ReadOnlySpan<byte> salt, ReadOnlySpan<byte> digest)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _key);
        Append(hmac, salt);
        Append(hmac, digest);
        return [.. hmac.GetHashAndReset()];
    }

    public bool Matches(Approval approval, ReadOnlySpan<byte> digest) =>
        CryptographicOperations.FixedTimeEquals(approval.Commitment.AsSpan(), Commit(approval.Salt.AsSpan(), digest).AsSpan());

    /// <summary>Whether a command differs from the approved one in constants and parameters only.</summary>
    /// <param name="digest">Of <see cref="PlanDigest"/>.</param>
    public bool MatchesPlan(Approval approval, ReadOnlySpan<byte> digest) =>
        CryptographicOperations.FixedTimeEquals(approval.Plan.AsSpan(), Commit(approval.Salt.AsSpan(), digest).AsSpan());

    public void Dispose() => CryptographicOperations.ZeroMemory(_key);

    /// <summary>
    /// What the text means where it is run: the same text under another search path is another command, and so is one that reads columns unmasked where it read
    /// them masked.
    /// </summary>
    private static string MeaningOf(Command command) =>
        $"{command.Class} {command.Effects} {command.Unbounded} {string.Join(' ', command.Relations.Select(use => $"{use.Access}:{QualifiedName.Join(use.Schema, use.Name, "")}"))}"
        + string.Concat(command.Unmasked.Select(static column => $"\nunmasked {column.Column} {column.Grant}"));

    private static void Append(IncrementalHash hmac, ReadOnlySpan<byte> field)
    {
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(length, field.Length);
        hmac.AppendData(length);
        hmac.AppendData(field);
    }

    private static void CreateKeyFile(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }
        using var file = new FileStream(path, options);
        file.Write(RandomNumberGenerator.GetBytes(KeyBytes));
        file.Flush(flushToDisk: true);
    }
}
