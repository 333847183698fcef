using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Sallyport.Evidence.Log;
using Sallyport.Evidence.Verification;

namespace Sallyport.Evidence.Witnessing;

/// <summary>What a witness answers.</summary>
/// <param name="Status">HTTP status code.</param>
/// <param name="Body">HTTP body.</param>
/// <param name="ContentType">Its type.</param>
public sealed record WitnessAnswer(int Status, byte[] Body, string ContentType = "text/plain; charset=utf-8");

/// <summary>
/// A witness (c2sp.org/tlog-witness): remembers the newest checkpoint of each log it knows, durably, and cosigns a later one only when that contains
/// all of the earlier. So a log that was rolled back or forked gets no more cosignatures. Thread-safe; one process has the directory.
/// </summary>
public sealed class Witness : IDisposable
{
    public const string PrivateName = "witness.key";
    public const string VerifierName = "witness.vkey";

    /// <summary>Longest body of <see cref="AddCheckpoint"/>.</summary>
    public const int MaxRequestBytes = AddCheckpointRequest.MaxBytes;

    private const string LockName = "lock";
    private const string SizeContentType = "text/x.tlog.size";
    private const int MaxStoredBytes = 128 << 10;

    private readonly string _directory;
    private readonly IReadOnlyList<VerificationKey> _logs;
    private readonly TimeProvider _time;
    private readonly SigningKey _key;
    private readonly FileStream _lock;
    private readonly Lock _gate = new();

    private Witness(string directory, string name, IReadOnlyList<VerificationKey> logs, TimeProvider time, SigningKey key, FileStream directoryLock)
    {
        _directory = directory;
        Name = name;
        _logs = logs;
        _time = time;
        _key = key;
        _lock = directoryLock;
    }

    public string Name { get; }

    /// <summary>The cosignature key to put into trust policies.</summary>
    public string VerifierKey => VerificationKey.Format(Name, SignatureType.CosignatureEd25519, _key.PublicKey);

    /// <summary>Opens or creates a witness's directory.</summary>
    /// <param name="directory">Its key and what it remembers. A witness whose directory was lost or restored from a copy must be retired: it may have cosigned more than it knows.</param>
    /// <param name="name">Its name in cosignatures, e.g. <c>witness.example/w1</c>.</param>
    /// <param name="logs">Keys of the logs it cosigns for; each has a name.</param>
    /// <param name="time">The clock of the cosignatures.</param>
    /// <exception cref="ArgumentException">The name or a key cannot be used.</exception>
    /// <exception cref="LedgerUnavailableException">Another process has the directory.</exception>
    /// <exception cref="LedgerCorruptException">The directory belongs to another name, or its key is damaged.</exception>
    public static Witness Open(string directory, string name, IReadOnlyList<VerificationKey> logs, TimeProvider time)
    {
        if (name.Length == 0 || name.Any(char.IsWhiteSpace) || name.Contains('+', StringComparison.Ordinal))
        {
            throw new ArgumentException("A witness's name has no spaces and no plus signs.", nameof(name));
        }
        if (logs.Any(log => log.Name is null || log.IsWitness))
        {
            throw new ArgumentException("The key of a log is a verifier key with the log's name.", nameof(logs));
        }
        Directory.CreateDirectory(directory);
        var directoryLock = TakeLock(directory);
        SigningKey? key = null;
        try
        {
            key = SigningKey.LoadOrCreate(Path.Combine(directory, PrivateName));
            var witness = new Witness(directory, name, logs, time, key, directoryLock);
            witness.PublishKey();
            return witness;
        }
        catch
        {
            key?.Dispose();
            directoryLock.Dispose();
            throw;
        }
    }

    /// <summary><c>POST add-checkpoint</c>.</summary>
    /// <param name="body">At most <see cref="MaxRequestBytes"/>; more is refused.</param>
    public WitnessAnswer AddCheckpoint(ReadOnlySpan<byte> body)
    {
        AddCheckpointRequest request;
        SignedNote note;
        Checkpoint head;
        try
        {
            request = AddCheckpointRequest.Parse(body);
            note = SignedNote.Parse(request.Checkpoint);
            head = Checkpoint.ParseHead(note.Text);
        }
        catch (FormatException error)
        {
            return Refuse(400, error.Message);
        }
        var keys = _logs.Where(log => string.Equals(log.Name, head.Origin, StringComparison.Ordinal)).ToList();
        if (keys.Count == 0)
        {
            return Refuse(404, "The log is not known here.");
        }
        var states = keys.ConvertAll(key => note.StateOf(key, head.Origin));
        if (states.Contains(SignatureState.Wrong) || !states.Contains(SignatureState.Valid))
        {
            return Refuse(403, "The checkpoint is not signed by the log's key.");
        }
        if (request.OldSize > head.Size)
        {
            return Refuse(400, "The old size is larger than the checkpoint's.");
        }
        lock (_gate)
        {
            return Decide(request, note, head, keys);
        }
    }

    /// <summary><c>GET ORIGIN-HASH/checkpoint</c>: the newest cosigned checkpoint of the log with this hex SHA-256 of its origin.</summary>
    public WitnessAnswer Newest(string originHash)
    {
        var log = _logs.FirstOrDefault(log => string.Equals(HashOf(log.Name!), originHash, StringComparison.Ordinal));
        lock (_gate)
        {
            return log is not null && ReadStored(log.Name!) is { } stored ? new WitnessAnswer(200, stored) : Refuse(404, "Nothing was cosigned for this log.");
        }
    }

    public void Dispose()
    {
        _key.Dispose();
        _lock.Dispose();
    }

    private static FileStream TakeLock(string directory)
    {
        try
        {
            return new FileStream(Path.Combine(directory, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException error)
        {
            throw new LedgerUnavailableException($"Another process has the witness {directory}.", error);
        }
    }

    private static string HashOf(string origin) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(origin)));

    private static WitnessAnswer Refuse(int status, string why) => new(status, Encoding.UTF8.GetBytes(why + "\n"));

    private WitnessAnswer Decide(AddCheckpointRequest request, SignedNote note, Checkpoint head, List<VerificationKey> keys)
    {
        var stored = ReadStored(head.Origin) is { } bytes ? Checkpoint.ParseHead(SignedNote.Parse(bytes).Text) : null;
        var size = stored?.Size ?? 0;
        if (request.OldSize != size)
        {
            return new WitnessAnswer(409, Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{size}\n")), SizeContentType);
        }
        if (head.Size == 0 && !head.Root.AsSpan().SequenceEqual(SHA256.HashData([])))
        {
            return Refuse(422, "The root of an empty tree is the hash of nothing.");
        }
        if (size == 0 ? request.Proof.Count > 0 : !Merkle.VerifyConsistency(size, stored!.Root, head.Size, head.Root, request.Proof))
        {
            return Refuse(422, "The consistency proof does not verify: the checkpoint does not contain the one cosigned before.");
        }
        var cosignature = _key.Cosign(Name, note.Text, _time.GetUtcNow()).Format();
        var signatures = note.Signatures.Where(line => keys.Exists(key => note.ClaimsOf(key, head.Origin).Contains(line))).Select(line => line.Format());
        // Durable before anybody has the cosignature: nothing that was cosigned is ever forgotten.
        NativeFile.Replace(PathOf(head.Origin), Encoding.UTF8.GetBytes($"{note.Text}\n{string.Concat(signatures)}{cosignature}"), syncDirectory: true);
        return new WitnessAnswer(200, Encoding.UTF8.GetBytes(cosignature));
    }

    private string PathOf(string origin) => Path.Combine(_directory, HashOf(origin));

    private byte[]? ReadStored(string origin)
    {
        var path = PathOf(origin);
        if (!File.Exists(path))
        {
            return null;
        }
        return new FileInfo(path).Length <= MaxStoredBytes ? File.ReadAllBytes(path) : throw new LedgerCorruptException($"{path} is no checkpoint.");
    }

    private void PublishKey()
    {
        var path = Path.Combine(_directory, VerifierName);
        if (!File.Exists(path))
        {
            NativeFile.Replace(path, Encoding.UTF8.GetBytes(VerifierKey + "\n"), syncDirectory: true);
        }
        else if (!string.Equals(File.ReadAllText(path), VerifierKey + "\n", StringComparison.Ordinal))
        {
            throw new LedgerCorruptException($"{path} does not belong to this witness's name and key.");
        }
    }
}
