using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Sallyport.Evidence.Verification;

namespace Sallyport.Evidence.Log;

/// <summary>The log's Ed25519 key: made at the first start, kept in a file only its owner can read, used through OpenSSL.</summary>
internal sealed class SigningKey : IDisposable
{
    public const string PrivateName = "ledger.key";
    public const string PublicName = "ledger.pub.pem";
    public const string VerifierName = "ledger.vkey";

    private const int SeedBytes = 32;
    private const int MaxFileBytes = 4096;

    /// <summary>DER of an Ed25519 PKCS #8 private key up to the seed (RFC 8410 section 7).</summary>
    private static readonly byte[] Pkcs8Prefix = [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

    private readonly Lock _gate = new();
    private nint _key;

    private SigningKey(nint key, byte[] publicKey)
    {
        _key = key;
        PublicKey = publicKey;
    }

    public byte[] PublicKey { get; }

    /// <summary>Loads the key of a ledger directory, or makes one when <paramref name="mayCreate"/>.</summary>
    /// <exception cref="LedgerCorruptException">The key is missing or not a key.</exception>
    public static SigningKey Open(string directory, string origin, bool mayCreate)
    {
        var path = Path.Combine(directory, PrivateName);
        if (!mayCreate && !File.Exists(path))
        {
            throw new LedgerCorruptException($"The signing key {PrivateName} is missing from a ledger that has records.");
        }
        var key = LoadOrCreate(path);
        PublishPublicKey(directory, origin, key.PublicKey);
        return key;
    }

    /// <summary>Loads a private key from its PEM file, or makes one.</summary>
    /// <exception cref="LedgerCorruptException">The file holds no such key.</exception>
    public static SigningKey LoadOrCreate(string path)
    {
        if (!Libcrypto.IsAvailable)
        {
            throw new PlatformNotSupportedException("Signing needs OpenSSL 3 (libcrypto.so.3), which is not there.");
        }
        if (!File.Exists(path))
        {
            Create(path);
            NativeFile.SyncDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        }
        var seed = Load(path);
        var key = FromSeed(seed);
        CryptographicOperations.ZeroMemory(seed);
        return key;
    }

    /// <summary>A key from its 32-byte seed.</summary>
    public static SigningKey FromSeed(ReadOnlySpan<byte> seed)
    {
        var key = Libcrypto.NewPrivateKey(Libcrypto.Ed25519, 0, seed, SeedBytes);
        var publicKey = new byte[Ed25519.PublicKeyBytes];
        var length = (nuint)publicKey.Length;
        if (key == 0 || Libcrypto.GetPublicKey(key, publicKey, ref length) != 1)
        {
            throw new CryptographicException("OpenSSL did not accept the Ed25519 key.");
        }
        return new SigningKey(key, publicKey);
    }

    public byte[] Sign(ReadOnlySpan<byte> message)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_key == 0, this);
            var signature = new byte[Ed25519.SignatureBytes];
            var length = (nuint)signature.Length;
            var context = Libcrypto.NewContext();
            var signed = context != 0
                && Libcrypto.SignInit(context, 0, 0, 0, _key) == 1
                && Libcrypto.Sign(context, signature, ref length, message, (nuint)message.Length) == 1;
            Libcrypto.FreeContext(context);
            return signed ? signature : throw new CryptographicException("OpenSSL did not sign.");
        }
    }

    /// <summary>A C2SP signed note over <paramref name="text"/>, which ends with a newline.</summary>
    public byte[] SignNote(string name, string text)
    {
        var line = new NoteSignature(name, VerificationKey.KeyId(name, SignatureType.Ed25519, PublicKey), Sign(Encoding.UTF8.GetBytes(text)));
        return Encoding.UTF8.GetBytes($"{text}\n{line.Format()}");
    }

    /// <summary>A witness's signature line over a checkpoint (c2sp.org/tlog-cosignature).</summary>
    public NoteSignature Cosign(string name, string checkpoint, DateTimeOffset time)
    {
        var seconds = time.ToUnixTimeSeconds();
        var timed = new byte[sizeof(long) + Ed25519.SignatureBytes];
        BinaryPrimitives.WriteInt64BigEndian(timed, seconds);
        Sign(Cosignature.Ed25519Message(seconds, checkpoint)).CopyTo(timed, sizeof(long));
        return new NoteSignature(name, VerificationKey.KeyId(name, SignatureType.CosignatureEd25519, PublicKey), timed);
    }

    public void Dispose()
    {
        lock (_gate)
        {
            Libcrypto.FreeKey(_key);
            _key = 0;
        }
    }

    private static void Create(string path)
    {
        var seed = RandomNumberGenerator.GetBytes(SeedBytes);
        byte[] der = [.. Pkcs8Prefix, .. seed];
        var pem = Encoding.ASCII.GetBytes(PemEncoding.WriteString("PRIVATE KEY", der) + "\n");
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }
        using (var file = new FileStream(path, options))
        {
            file.Write(pem);
            file.Flush(flushToDisk: true);
        }
        CryptographicOperations.ZeroMemory(seed);
        CryptographicOperations.ZeroMemory(der);
        CryptographicOperations.ZeroMemory(pem);
    }

    private static byte[] Load(string path)
    {
        var name = Path.GetFileName(path);
        if (new FileInfo(path).Length > MaxFileBytes)
        {
            throw new LedgerCorruptException($"{name} is not a private key.");
        }
        var text = File.ReadAllText(path);
        if (!PemEncoding.TryFind(text, out var fields) || text[fields.Label] is not "PRIVATE KEY")
        {
            throw new LedgerCorruptException($"{name} does not hold a PRIVATE KEY.");
        }
        var der = Convert.FromBase64String(text[fields.Base64Data]);
        if (der.Length != Pkcs8Prefix.Length + SeedBytes || !der.AsSpan().StartsWith(Pkcs8Prefix))
        {
            throw new LedgerCorruptException($"{name} does not hold an Ed25519 key.");
        }
        var seed = der[Pkcs8Prefix.Length..];
        CryptographicOperations.ZeroMemory(der);
        return seed;
    }

    private static void PublishPublicKey(string directory, string origin, byte[] publicKey)
    {
        WriteIfMissing(Path.Combine(directory, PublicName), VerificationKey.FormatPem(publicKey));
        WriteIfMissing(Path.Combine(directory, VerifierName), VerificationKey.Format(origin, publicKey) + "\n");
    }

    private static void WriteIfMissing(string path, string text)
    {
        if (!File.Exists(path))
        {
            NativeFile.Replace(path, Encoding.UTF8.GetBytes(text), syncDirectory: true);
            return;
        }
        if (!string.Equals(File.ReadAllText(path), text, StringComparison.Ordinal))
        {
            throw new LedgerCorruptException($"{Path.GetFileName(path)} does not belong to the signing key and origin of this ledger.");
        }
    }
}
