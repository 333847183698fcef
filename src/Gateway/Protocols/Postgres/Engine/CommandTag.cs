using System.Buffers.Text;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>Reads the row count at the end of a CommandComplete tag ("UPDATE 3", "INSERT 0 1").</summary>
internal static class CommandTag
{
    /// <returns>The count, or <paramref name="otherwise"/> when the tag has none.</returns>
    public static long Rows(ReadOnlySpan<byte> body, long otherwise)
    {
        var tag = body.TrimEnd((byte)0);
        var digits = tag[(tag.LastIndexOf((byte)' ') + 1)..];
        return Utf8Parser.TryParse(digits, out long rows, out var used) && used == digits.Length && digits.Length > 0 ? rows : otherwise;
    }
}
