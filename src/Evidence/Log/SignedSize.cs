using System.Security.Cryptography;
using System.Text;
using Sallyport.Evidence.Verification;

namespace Sallyport.Evidence.Log;

/// <summary>
/// The largest tree head ever signed, kept outside the ledger's directory and made durable before the signature exists.
/// A ledger that is smaller, or has another root at that size, was rolled back or rewritten.
/// </summary>
internal sealed class SignedSize
{
    private const int MaxFileBytes = 4096;

    private readonly string _path;

    public SignedSize(string witnessDirectory, string origin)
    {
        Directory.CreateDirectory(witnessDirectory);
        var id = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(origin)));
        _path = Path.Combine(witnessDirectory, id[..32]);
    }

    public string FilePath => _path;

    /// <summary>The tree head, or null when nothing was ever signed.</summary>
    /// <exception cref="LedgerCorruptException">The file is not what was written.</exception>
    public Checkpoint? Read()
    {
        if (!File.Exists(_path))
        {
            return null;
        }
        try
        {
            return new FileInfo(_path).Length <= MaxFileBytes ? Checkpoint.Parse(File.ReadAllText(_path)) : throw new FormatException("too long");
        }
        catch (FormatException error)
        {
            throw new LedgerCorruptException($"The signed-size witness {_path} is damaged: {error.Message}", error);
        }
    }

    public void Write(Checkpoint head) => NativeFile.Replace(_path, head.FormatBytes(), syncDirectory: true);
}
