using System.Security.Cryptography;

namespace Sallyport.Evidence.Bundles;

/// <summary>One file of a bundle.</summary>
/// <param name="path">Relative, with forward slashes.</param>
/// <param name="contents">The bytes.</param>
/// <param name="storedCrc">The checksum a zip gives for it; null for a file that is written.</param>
internal sealed class BundleFile(string path, ReadOnlyMemory<byte> contents, uint? storedCrc = null)
{
    private readonly uint _actualCrc = Crc32.Of(contents.Span);

    public string Path { get; } = path;

    public ReadOnlyMemory<byte> Contents { get; } = contents;

    public uint Crc => storedCrc ?? _actualCrc;

    /// <summary>Whether the contents are those that were packed.</summary>
    public bool IsIntact => Crc == _actualCrc;

    public string Sha256 => Convert.ToHexStringLower(SHA256.HashData(Contents.Span));
}
