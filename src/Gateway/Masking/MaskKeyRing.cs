using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Sallyport.Gateway.Masking;

/// <summary>
/// The keys behind tokens that outlive a session, and behind date shifts. The newest epoch makes tokens; the oldest shifts dates, because two
/// shifts of one date would tell more of it than one. Keys of a target, run or purpose are derived, so that none tells another. Thread-safe.
/// </summary>
/// <remarks>Written as lines of an epoch (1 to 9,999) and 64 hexadecimal digits; <c>#</c> begins a comment.</remarks>
public sealed class MaskKeyRing
{
    internal const int KeyBytes = 32;
    private const int MaxEpoch = 9_999;
    private const int MaxEpochs = 100;

    private readonly (int Epoch, byte[] Key)[] _keys;

    private MaskKeyRing((int Epoch, byte[] Key)[] keys)
    {
        _keys = keys;
        Fingerprint = Convert.ToHexString(HMACSHA256.HashData(Newest.Key, Encoding.ASCII.GetBytes($"sallyport mask keys {Convert.ToHexString(Derive(Oldest.Key, "fingerprint"))}")));
    }

    /// <summary>Tells two rings apart without telling a key.</summary>
    public string Fingerprint { get; }

    internal int Epoch => Newest.Epoch;

    private (int Epoch, byte[] Key) Newest => _keys[^1];

    private (int Epoch, byte[] Key) Oldest => _keys[0];

    /// <summary>Reads the lines of a key file.</summary>
    /// <exception cref="InvalidDataException">They are not keys; the message names the line and never a key.</exception>
    public static MaskKeyRing Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var keys = new SortedDictionary<int, byte[]>();
        var number = 0;
        foreach (var line in text.Split('\n'))
        {
            number++;
            var words = line.Split('#')[0].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 0)
            {
                continue;
            }

            if (words.Length != 2 || words[1].Length != 2 * KeyBytes || !words[1].All(char.IsAsciiHexDigit)
                || !int.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out var epoch) || epoch is < 1 or > MaxEpoch)
            {
                throw new InvalidDataException($"line {number} is not an epoch (1 to {MaxEpoch}) and {2 * KeyBytes} hexadecimal digits");
            }

            if (!keys.TryAdd(epoch, Convert.FromHexString(words[1])))
            {
                throw new InvalidDataException($"line {number} has an epoch that stands there already");
            }
        }

        return keys.Count is > 0 and <= MaxEpochs
            ? new MaskKeyRing([.. keys.Select(static key => (key.Key, key.Value))])
            : throw new InvalidDataException($"it holds {keys.Count} keys instead of 1 to {MaxEpochs}");
    }

    /// <summary>Reads the keys from <paramref name="path"/>, or makes a first one there that only the gateway's user may read.</summary>
    /// <exception cref="InvalidDataException">The file does not hold keys, or others may read it.</exception>
    public static MaskKeyRing LoadOrCreate(string path)
    {
        if (!File.Exists(path))
        {
            Create(path);
        }

        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & ~(UnixFileMode.UserRead | UnixFileMode.UserWrite)) != 0)
        {
            throw new InvalidDataException($"The mask keys '{path}' must be readable by their owner only (mode 0600).");
        }

        try
        {
            return Parse(ReadAll(path));
        }
        catch (InvalidDataException problem)
        {
            throw new InvalidDataException($"The mask keys '{path}' cannot be used: {problem.Message}.", problem);
        }
    }

    /// <summary>The key that makes tokens, for one purpose.</summary>
    /// <param name="purpose">Distinct texts give unrelated keys.</param>
    internal byte[] TokenKey(string purpose) => Derive(Newest.Key, purpose);

    /// <summary>The key that shifts the dates of one target. It does not change with rotation.</summary>
    internal byte[] ShiftKey(string target) => Derive(Oldest.Key, $"shift\0{target}");

    private static byte[] Derive(byte[] key, string purpose) => HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"sallyport mask v1\0{purpose}"));

    private static string ReadAll(string path)
    {
        const int MaxBytes = MaxEpochs * 200;
        using var file = File.OpenRead(path);
        var buffer = new byte[MaxBytes + 1];
        var length = file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        var text = length <= MaxBytes ? Encoding.UTF8.GetString(buffer, 0, length) : throw new InvalidDataException($"it is longer than {MaxBytes} bytes");
        CryptographicOperations.ZeroMemory(buffer);
        return text;
    }

    private static void Create(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var file = new FileStream(path, options);
        file.Write(Encoding.ASCII.GetBytes($"# One key a line: epoch, 64 hexadecimal digits. Rotate by adding a line with the next epoch; keep the others.\n1 {RandomNumberGenerator.GetHexString(2 * KeyBytes, lowercase: true)}\n"));
        file.Flush(flushToDisk: true);
    }
}
