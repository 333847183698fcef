using System.Buffers.Binary;
using System.Text;

namespace Sallyport.Evidence.Bundles;

/// <summary>
/// The one form of zip a bundle has (PKWARE APPNOTE 6.3.3): entries stored without compression, fixed times and attributes,
/// nothing between them. The same contents are the same bytes everywhere, and a reader can account for every byte.
/// </summary>
internal static class StoredZip
{
    private const uint LocalSignature = 0x04034b50;
    private const uint CentralSignature = 0x02014b50;
    private const uint EndSignature = 0x06054b50;
    private const ushort VersionNeeded = 20;
    private const ushort Utf8Names = 0x0800;

    /// <summary>1 January 1980, the first day a zip knows.</summary>
    private const ushort FixedDate = 0x0021;

    private const int LocalHeaderBytes = 30;
    private const int CentralHeaderBytes = 46;
    private const int EndBytes = 22;

    public static async Task WriteAsync(IReadOnlyList<BundleFile> files, Stream output, CancellationToken cancellationToken)
    {
        var central = new MemoryStream();
        var offset = 0L;
        foreach (var file in files)
        {
            var local = LocalHeader(file);
            await output.WriteAsync(local, cancellationToken).ConfigureAwait(false);
            await output.WriteAsync(file.Contents, cancellationToken).ConfigureAwait(false);
            central.Write(CentralHeader(file, (uint)offset));
            offset += local.Length + file.Contents.Length;
            if (offset > BundleLimits.MaxBundleBytes)
            {
                throw new EvidenceSelectionException("The bundle would be too large; choose a shorter period.");
            }
        }
        await output.WriteAsync(central.ToArray(), cancellationToken).ConfigureAwait(false);
        await output.WriteAsync(End(files.Count, (uint)central.Length, (uint)offset), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads a bundle; anything that <see cref="WriteAsync"/> would not have written is refused.</summary>
    /// <exception cref="FormatException">Not a bundle's zip, byte for byte.</exception>
    public static List<BundleFile> Read(ReadOnlyMemory<byte> zip)
    {
        var files = new List<BundleFile>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        var offset = 0;
        var central = new MemoryStream();
        while (zip.Length - offset >= LocalHeaderBytes && BinaryPrimitives.ReadUInt32LittleEndian(zip.Span[offset..]) == LocalSignature)
        {
            var file = ReadEntry(zip, offset, out var next);
            if (!names.Add(file.Path))
            {
                throw new FormatException($"The file '{file.Path}' is there twice.");
            }
            if (files.Count == BundleLimits.MaxFiles)
            {
                throw new FormatException($"A bundle has at most {BundleLimits.MaxFiles} files.");
            }
            files.Add(file);
            central.Write(CentralHeader(file, (uint)offset));
            offset = next;
        }
        central.Write(End(files.Count, (uint)central.Length, (uint)offset));
        if (files.Count == 0 || !zip.Span[offset..].SequenceEqual(central.ToArray()))
        {
            throw new FormatException("The file is not a bundle: its directory does not list exactly what it holds, in the form the exporter writes.");
        }
        return files;
    }

    private static BundleFile ReadEntry(ReadOnlyMemory<byte> zip, int offset, out int next)
    {
        var header = zip.Span[offset..];
        var nameBytes = BinaryPrimitives.ReadUInt16LittleEndian(header[26..]);
        var bytes = BinaryPrimitives.ReadUInt32LittleEndian(header[22..]);
        var start = (long)offset + LocalHeaderBytes + nameBytes;
        if (nameBytes is 0 or > BundleLimits.MaxNameBytes || start + bytes > zip.Length)
        {
            throw new FormatException($"The zip entry at byte {offset} is cut off.");
        }
        var name = Encoding.UTF8.GetString(header.Slice(LocalHeaderBytes, nameBytes));
        CheckName(name);
        // Changed contents are the verifier's business, which can name the record; here only the form counts.
        var file = new BundleFile(name, zip.Slice((int)start, (int)bytes), BinaryPrimitives.ReadUInt32LittleEndian(header[14..]));
        if (!header[..(LocalHeaderBytes + nameBytes)].SequenceEqual(LocalHeader(file)))
        {
            throw new FormatException($"The zip entry '{name}' is not in the form the exporter writes.");
        }
        next = (int)(start + bytes);
        return file;
    }

    private static void CheckName(string name)
    {
        foreach (var character in name)
        {
            if (!char.IsAsciiLetterOrDigit(character) && character is not ('.' or '-' or '_' or '/'))
            {
                throw new FormatException("A file name in the zip has characters that no bundle uses.");
            }
        }
        if (name.Split('/').Any(part => part is "" or "." or ".."))
        {
            throw new FormatException("A file name in the zip leads outside of it.");
        }
    }

    private static byte[] LocalHeader(BundleFile file)
    {
        var name = Encoding.UTF8.GetBytes(file.Path);
        var header = new byte[LocalHeaderBytes + name.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(header, LocalSignature);
        WriteCommon(header.AsSpan(4), file, name.Length);
        name.CopyTo(header, LocalHeaderBytes);
        return header;
    }

    private static byte[] CentralHeader(BundleFile file, uint offset)
    {
        var name = Encoding.UTF8.GetBytes(file.Path);
        var header = new byte[CentralHeaderBytes + name.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(header, CentralSignature);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(4), VersionNeeded);
        WriteCommon(header.AsSpan(6), file, name.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(42), offset);
        name.CopyTo(header, CentralHeaderBytes);
        return header;
    }

    /// <summary>Version, flags, method 0, time, date, checksum, sizes and name length: the same in both headers.</summary>
    private static void WriteCommon(Span<byte> header, BundleFile file, int nameBytes)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(header, VersionNeeded);
        BinaryPrimitives.WriteUInt16LittleEndian(header[2..], Utf8Names);
        BinaryPrimitives.WriteUInt16LittleEndian(header[8..], FixedDate);
        BinaryPrimitives.WriteUInt32LittleEndian(header[10..], file.Crc);
        BinaryPrimitives.WriteUInt32LittleEndian(header[14..], (uint)file.Contents.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(header[18..], (uint)file.Contents.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(header[22..], (ushort)nameBytes);
    }

    private static byte[] End(int files, uint centralBytes, uint centralOffset)
    {
        var end = new byte[EndBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(end, EndSignature);
        BinaryPrimitives.WriteUInt16LittleEndian(end.AsSpan(8), (ushort)files);
        BinaryPrimitives.WriteUInt16LittleEndian(end.AsSpan(10), (ushort)files);
        BinaryPrimitives.WriteUInt32LittleEndian(end.AsSpan(12), centralBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(end.AsSpan(16), centralOffset);
        return end;
    }
}
