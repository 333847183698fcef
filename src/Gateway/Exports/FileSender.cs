using System.Buffers;
using System.Text.Json;
using Sallyport.Evidence.Log;
using Sallyport.Gateway.Configuration;

namespace Sallyport.Gateway.Exports;

/// <summary>
/// Appends lines of JSON to a file and syncs it. The file is opened anew for each batch, so that it can be moved away; a line that a crash cut off is
/// removed, since its record is sent again. A full file takes nothing more: that is an alarm, and an operator's decision.
/// </summary>
internal sealed class FileSender(ExportConfiguration export) : IExportSender
{
    private const int SearchBytes = 64 << 10;
    private const byte LineEnd = (byte)'\n';
    private const UnixFileMode OwnerAndGroup = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;

    private readonly ArrayBufferWriter<byte> _lines = new();

    public Task SendAsync(ExportBatch batch, CancellationToken cancellationToken) => Task.Run(() => Append(batch), cancellationToken);

    public void Dispose()
    {
        // The file is open only while a batch is written.
    }

    private void Append(ExportBatch batch)
    {
        _lines.ResetWrittenCount();
        foreach (var record in batch.Records)
        {
            using (var json = new Utf8JsonWriter(_lines, RecordFormats.Options))
            {
                RecordFormats.Write(json, export.Format, batch.Origin, record);
            }
            _lines.Write([LineEnd]);
        }
        try
        {
            Append(export.File!, _lines.WrittenSpan);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new ExportFailedException("file", problem);
        }
    }

    private void Append(string path, ReadOnlySpan<byte> lines)
    {
        var isNew = !File.Exists(path);
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.Read, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerAndGroup;
        }
        using var file = new FileStream(path, options);
        var end = EndOfLines(file);
        if (end + lines.Length > export.MaxFileBytes)
        {
            throw new ExportFailedException("file-full");
        }
        file.SetLength(end);
        file.Position = end;
        file.Write(lines);
        file.Flush(flushToDisk: true);
        if (isNew)
        {
            NativeFile.SyncDirectory(Path.GetDirectoryName(path)!);
        }
    }

    /// <summary>The place behind the last whole line.</summary>
    private static long EndOfLines(FileStream file)
    {
        var buffer = new byte[SearchBytes];
        for (var end = file.Length; end > 0;)
        {
            var count = (int)Math.Min(SearchBytes, end);
            file.Position = end - count;
            file.ReadExactly(buffer, 0, count);
            var found = buffer.AsSpan(0, count).LastIndexOf(LineEnd);
            if (found >= 0)
            {
                return end - count + found + 1;
            }
            end -= count;
        }
        return 0;
    }
}
